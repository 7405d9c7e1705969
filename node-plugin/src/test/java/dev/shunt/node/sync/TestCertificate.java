package dev.shunt.node.sync;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;

/** A self-signed certificate for localhost, made by the JDK's keytool. */
record TestCertificate(Path pem, byte[] key) {

  private static final String PASSWORD = "changeit";

  static TestCertificate make(Path folder) throws Exception {
    Path store = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    PASSWORD,
                    "-storetype",
                    "PKCS12",
                    "-alias",
                    "server",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "san=dns:localhost",
                    "-ext",
                    "bc:c"))
            .inheritIO()
            .start();
    if (keytool.waitFor() != 0) {
      throw new AssertionError("keytool ended with " + keytool.exitValue());
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Certificate certificate = keys.getCertificate("server");
    Key key = keys.getKey("server", PASSWORD.toCharArray());
    Path pem = folder.resolve("ca.pem");
    Files.write(pem, pem("CERTIFICATE", certificate.getEncoded()));
    return new TestCertificate(pem, pem("PRIVATE KEY", key.getEncoded()));
  }

  ServerCredentials serverCredentials() throws IOException {
    return TlsServerCredentials.create(Files.newInputStream(pem), new ByteArrayInputStream(key));
  }

  private static byte[] pem(String type, byte[] content) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return ("-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
