package dev.shunt.control.push;

import java.time.Duration;

/**
 * @param quiet how long no edit must come before an edit goes out
 * @param atMost the longest an edit waits for others
 * @param ackTimeout how long a node may take to answer an update before its stream is closed
 */
public record PushTiming(Duration quiet, Duration atMost, Duration ackTimeout) {

  public PushTiming {
    if (quiet.isNegative() || atMost.compareTo(quiet) < 0) {
      throw new IllegalArgumentException(
          "expected 0 <= quiet <= atMost, found quiet " + quiet + " and atMost " + atMost);
    }
    if (ackTimeout.isNegative() || ackTimeout.isZero()) {
      throw new IllegalArgumentException("expected an ackTimeout above 0, found " + ackTimeout);
    }
  }
}
