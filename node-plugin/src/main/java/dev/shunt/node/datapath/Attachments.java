package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import java.nio.file.Path;

/**
 * Puts the pinned programs where they run: for the first time, or in the place of another version's
 * of the same layout. Each replacement is one step for the kernel, so there is no moment without a
 * program.
 */
final class Attachments {
  /** A pin on its way to its name; a crash may leave it, the next attempt replaces it. */
  static final String NEW = "_new";

  private final KernelBpf bpf;
  private final PinFolder folder;
  private final Path cgroup;

  Attachments(KernelBpf bpf, PinFolder folder, Path cgroup) {
    this.bpf = bpf;
    this.folder = folder;
    this.cgroup = cgroup;
  }

  /** Sockets that are in a sockhash already keep the program they entered with. */
  void redirect() {
    toSockets(Abi.REDIRECT, Abi.SOCKETS, AttachType.SK_MSG_VERDICT, PinFolder.REDIRECT_LINK);
    toSockets(Abi.REDIRECT, Abi.POLLERS, AttachType.SK_MSG_VERDICT, PinFolder.REDIRECT_LINK);
    toSockets(
        Abi.ONE_QUEUE, Abi.POLLERS, AttachType.SK_SKB_STREAM_VERDICT, PinFolder.ONE_QUEUE_LINK);
  }

  /**
   * By a link where the kernel, from 6.10, has them for sockhashes; else the map itself holds the
   * program.
   */
  private void toSockets(String program, String sockhash, AttachType type, String end) {
    String pin = sockhash + end;
    try (BpfFd code = bpf.open(folder.pin(program))) {
      if (folder.has(pin)) {
        update(pin, code);
        return;
      }
      try (BpfMap sockets = bpf.openMap(folder.pin(sockhash))) {
        try (BpfFd link = bpf.linkToSockets(code, sockets, type)) {
          bpf.pin(link, folder.pin(pin));
        } catch (BpfException e) {
          if (!e.errnoName().equals("EINVAL") && !e.errnoName().equals("EOPNOTSUPP")) {
            throw e;
          }
          bpf.attachToSockets(code, sockets, type);
        }
      }
    }
  }

  void iterators() {
    iterator(Abi.CONDUCTOR, PinFolder.CONDUCTOR_ITERATOR);
    iterator(Abi.ADOPTER, PinFolder.ADOPTER_ITERATOR);
    iterator(Abi.REPORT, PinFolder.REPORT_ITERATOR);
    iterator(Abi.FLOWS, PinFolder.FLOWS_ITERATOR);
  }

  private void iterator(String program, String pin) {
    try (BpfFd code = bpf.open(folder.pin(program));
        BpfFd link = bpf.linkIterator(code)) {
      pinOver(link, pin);
    }
  }

  void watch() {
    try (BpfFd program = bpf.open(folder.pin(Abi.WATCH))) {
      if (folder.has(PinFolder.WATCH_LINK)) {
        update(PinFolder.WATCH_LINK, program);
        return;
      }
      try (BpfFd at = bpf.openFolder(cgroup);
          BpfFd link = bpf.linkToCgroup(program, at)) {
        bpf.pin(link, folder.pin(PinFolder.WATCH_LINK));
      }
    }
  }

  /** Only where they are attached; links to tracepoints cannot change their program. */
  void tracepointsThatAreAttached() {
    tracepoint(Abi.READER, PinFolder.READER_LINK);
    tracepoint(Abi.SENDER, PinFolder.SENDER_LINK);
    tracepoint(Abi.SEEN_SEND, PinFolder.SEEN_SEND_LINK);
    tracepoint(Abi.SEEN_RECV, PinFolder.SEEN_RECV_LINK);
  }

  private void tracepoint(String program, String pin) {
    if (folder.has(pin)) {
      try (BpfFd code = bpf.open(folder.pin(program));
          BpfFd link = bpf.linkToTracepoint(code)) {
        pinOver(link, pin);
      }
    }
  }

  private void update(String pin, BpfFd program) {
    try (BpfFd link = bpf.open(folder.pin(pin))) {
      bpf.update(link, program);
    }
  }

  private void pinOver(BpfFd link, String pin) {
    Path beside = folder.pin(pin + NEW);
    BpfFileSystem.unpin(beside);
    bpf.pin(link, beside);
    BpfFileSystem.rename(beside, folder.pin(pin));
  }
}
