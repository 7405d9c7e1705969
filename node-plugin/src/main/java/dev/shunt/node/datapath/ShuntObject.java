package dev.shunt.node.datapath;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The compiled BPF programs that this version of the node plugin brings, and the digest they are
 * known by.
 */
record ShuntObject(byte[] elf, String digest) {
  private static final String RESOURCE = "/dev/shunt/bpf/shunt.bpf.o";

  static ShuntObject ofThisVersion() {
    try (InputStream in = ShuntObject.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(
            RESOURCE + " is missing; the jar shunt-bpf must be on the class path");
      }
      return of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + RESOURCE, e);
    }
  }

  static ShuntObject of(byte[] elf) {
    try {
      return new ShuntObject(
          elf, HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(elf)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
