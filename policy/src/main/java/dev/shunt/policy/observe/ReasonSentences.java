package dev.shunt.policy.observe;

import java.util.Map;

/**
 * What each word of the datapath's closed set of reasons means, in words an operator can act on.
 */
public final class ReasonSentences {

  private static final Map<String, String> SENTENCES =
      Map.ofEntries(
          Map.entry("remote_peer", "the other end is not on this host"),
          Map.entry("no_policy", "a policy matched only until it changed, or only the other end"),
          Map.entry("bypassed_by_policy", "the winning policy says Bypass"),
          Map.entry("observed_only", "the winning policy says Observe: counted, not touched"),
          Map.entry("peer_not_consenting", "no policy accelerates the other end's socket"),
          Map.entry(
              "first_byte_by_tcp",
              "bytes went by TCP before both ends were ready, and were not all read yet"),
          Map.entry(
              "not_settled", "it closed before it was old enough, or before both ends had used it"),
          Map.entry(
              "blocking_socket",
              "an end uses blocking calls, which would see a difference; the policy may say blockingSockets: Accept"),
          Map.entry("receive_low_water", "an end set SO_RCVLOWAT"),
          Map.entry("splice_user", "an end reads with splice(2)"),
          Map.entry(
              "may_splice",
              "a program that could read with splice(2) uses an end; the agent's log names it, trusted-programs overrides it"),
          Map.entry("ulp", "an end uses kernel TLS or another upper layer protocol"),
          Map.entry("mptcp", "it is a subflow of Multipath TCP"),
          Map.entry("fast_open", "it carried data in its SYN (TCP Fast Open)"),
          Map.entry("unpaired", "its other end on this host was not found"),
          Map.entry(
              "duplicate_fingerprint",
              "another connection had the same handshake, so pairing was not safe"),
          Map.entry("map_full", "the socket map was full"),
          Map.entry("backlog_bytes", "the reader fell behind by more bytes than the policy allows"),
          Map.entry(
              "backlog_messages", "the reader fell behind by more messages than the policy allows"),
          Map.entry(
              "node_budget",
              "unread bytes on this node left too little of its budget for this reader"),
          Map.entry("slower_than_tcp", "TCP was faster for this traffic"),
          Map.entry("draining", "the datapath is draining"),
          Map.entry("kernel_refused", "the kernel did not take the socket into the map"),
          Map.entry(
              "socket_option",
              "the program uses time stamps, SO_PEEK_OFF, TCP_INQ, MSG_ZEROCOPY or urgent data, which only TCP offers"));

  private ReasonSentences() {}

  /** The sentence, without a capital or a full stop; the word itself when a newer node sent it. */
  public static String of(String word) {
    return SENTENCES.getOrDefault(word, word);
  }

  /** Whether this version knows the word. */
  public static boolean knows(String word) {
    return SENTENCES.containsKey(word);
  }
}
