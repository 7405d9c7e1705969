package dev.shunt.control.push;

import java.time.Duration;

/** What an answer of a node turned out to be. */
public sealed interface Receipt {

  /** The answer to the update in flight, and how long the node took. */
  record Answered(DesiredState update, Duration took) implements Receipt {}

  /**
   * The node confirmed the update in flight but with another digest: its maps hold something nobody
   * sent. The digest is parked as after a refusal.
   */
  record Mismatch(DesiredState update, String found) implements Receipt {}

  /** The nonce is not the one in flight; the answer means nothing any more. */
  record Stale() implements Receipt {}
}
