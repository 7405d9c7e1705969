package dev.shunt.control.stream;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import dev.shunt.control.push.DesiredStates;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicySet;
import dev.shunt.protocol.node.v1.PolicyResource;
import dev.shunt.protocol.node.v1.ServerMessage;
import dev.shunt.protocol.node.v1.Update;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import org.springframework.stereotype.Component;

/**
 * A {@code ServerMessage} with an update, put together from its nonce and the bytes all nodes
 * share: an update for thousands of nodes is serialised once and held in memory once.
 */
record WireUpdate(long nonce, byte[] sharedBytes) {

  /** Writes everything of an {@code Update} but its nonce. */
  @Component
  static class Encoder implements DesiredStates.Encoder {

    @Override
    public byte[] encode(long version, String digest, PolicySet set) {
      Update.Builder update =
          Update.newBuilder().setVersion(version).setDigest(digest).setFull(true);
      for (AccelerationPolicy policy : set.policies()) {
        update.addUpserts(
            PolicyResource.newBuilder()
                .setName(policy.name())
                .setCanonicalJson(UnsafeByteOperations.unsafeWrap(CanonicalJson.write(policy))));
      }
      return update.build().toByteArray();
    }
  }

  /** The serialised {@code ServerMessage}. */
  InputStream open() {
    byte[] head = head();
    return new Bytes(head, sharedBytes);
  }

  /** Tag and length of {@code ServerMessage.update}, then {@code Update.nonce}. */
  private byte[] head() {
    int nonceSize = CodedOutputStream.computeInt64Size(Update.NONCE_FIELD_NUMBER, nonce);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(32);
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeTag(ServerMessage.UPDATE_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(nonceSize + sharedBytes.length);
      out.writeInt64(Update.NONCE_FIELD_NUMBER, nonce);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("expected writing to memory to succeed", e);
    }
    return bytes.toByteArray();
  }

  /** Head and shared bytes one after the other; gRPC wants to know the length before it reads. */
  private static final class Bytes extends SequenceInputStream implements KnownLength {

    private final InputStream head;
    private final InputStream shared;

    Bytes(byte[] head, byte[] shared) {
      this(new ByteArrayInputStream(head), new ByteArrayInputStream(shared));
    }

    private Bytes(InputStream head, InputStream shared) {
      super(head, shared);
      this.head = head;
      this.shared = shared;
    }

    @Override
    public int available() throws IOException {
      return head.available() + shared.available();
    }
  }
}
