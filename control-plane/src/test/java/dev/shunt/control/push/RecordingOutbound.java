package dev.shunt.control.push;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers what was sent. */
final class RecordingOutbound implements Outbound {

  record Sent(long nonce, DesiredState state) {}

  final List<Sent> updates = new ArrayList<>();
  final List<Long> heartbeats = new ArrayList<>();
  boolean ready = true;
  @Nullable String closed;

  @Override
  public boolean isReady() {
    return ready;
  }

  @Override
  public void sendUpdate(long nonce, DesiredState desired) {
    updates.add(new Sent(nonce, desired));
  }

  @Override
  public void sendHeartbeat(DesiredState desired) {
    heartbeats.add(desired.version());
  }

  @Override
  public void close(String reason) {
    closed = reason;
  }

  Sent last() {
    return updates.get(updates.size() - 1);
  }

  List<Long> versions() {
    return updates.stream().map(sent -> sent.state().version()).toList();
  }
}
