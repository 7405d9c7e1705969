package dev.shunt.node.cli;

import dev.shunt.node.datapath.Reason;

/** Each reason in words an operator can act on. */
final class Reasons {
  private Reasons() {}

  static String sentence(Reason reason) {
    return switch (reason) {
      case REMOTE_PEER -> "the other end is not on this host";
      case NO_POLICY -> "a policy matched only until it changed, or only the other end";
      case BYPASSED_BY_POLICY -> "the winning policy says Bypass";
      case OBSERVED_ONLY -> "the winning policy says Observe: counted, not touched";
      case PEER_NOT_CONSENTING -> "no policy accelerates the other end's socket";
      case FIRST_BYTE_BY_TCP ->
          "bytes went by TCP before both ends were ready, and were not all read yet";
      case NOT_SETTLED -> "it closed before it was old enough to be enrolled";
      case BLOCKING_SOCKET ->
          "an end uses blocking calls, which would see a difference; the policy may say blockingSockets: Accept";
      case RECEIVE_LOW_WATER -> "an end set SO_RCVLOWAT";
      case SPLICE_USER -> "an end reads with splice(2)";
      case ULP -> "an end uses kernel TLS or another upper layer protocol";
      case MPTCP -> "it is a subflow of Multipath TCP";
      case FAST_OPEN -> "it carried data in its SYN (TCP Fast Open)";
      case UNPAIRED -> "its other end on this host was not found";
      case DUPLICATE_FINGERPRINT ->
          "another connection had the same handshake, so pairing was not safe";
      case MAP_FULL -> "the socket map was full";
      case BACKLOG_BYTES -> "the reader fell behind by more bytes than the policy allows";
      case BACKLOG_MESSAGES -> "the reader fell behind by more messages than the policy allows";
      case NODE_BUDGET -> "unread bytes on this node reached the budget";
      case SLOWER_THAN_TCP -> "TCP was faster for this traffic";
      case DRAINING -> "the datapath is draining";
      case KERNEL_REFUSED -> "the kernel did not take the socket into the map";
      case SOCKET_OPTION ->
          "the program uses time stamps, SO_PEEK_OFF, TCP_INQ or MSG_ZEROCOPY, which only TCP offers";
    };
  }
}
