package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.datapath.DatapathInspection.Installed;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells what a pin folder holds, by looking only. */
final class Inspector {
  private final KernelBpf bpf;
  private final PinFolder folder;
  private final DatapathOptions options;
  private final ShuntObject object;

  Inspector(KernelBpf bpf, PinFolder folder, DatapathOptions options, ShuntObject object) {
    this.bpf = bpf;
    this.folder = folder;
    this.options = options;
    this.object = object;
  }

  DatapathInspection inspect() {
    Presence presence = presence();
    InstallRecord record = presence == Presence.ABSENT ? null : record();
    Installed installed =
        record == null
            ? null
            : new Installed(
                record.layoutVersion(),
                record.objectDigest(),
                record.cgroup(),
                record.agentVersion());
    return new DatapathInspection(
        presence, installed, presence == Presence.INSTALLED ? status() : null);
  }

  Presence presence() {
    List<String> pins = folder.names();
    if (pins.isEmpty()) {
      return Presence.ABSENT;
    }
    if (!pins.contains(PinFolder.META)) {
      return Presence.HALF_MADE;
    }
    InstallRecord record = record();
    if (record == null) {
      return Presence.OTHER_VERSION;
    }
    if (!record.complete()) {
      return Presence.HALF_MADE;
    }
    boolean same =
        record.layoutVersion() == Abi.LAYOUT_VERSION
            && record.objectDigest().equals(object.digest())
            && record.maxSockets() == options.maxSockets()
            && record.cgroup().equals(options.cgroup().toString());
    if (!same) {
      return Presence.OTHER_VERSION;
    }
    if (!new HashSet<>(pins).containsAll(expectedPins())) {
      return Presence.HALF_MADE;
    }
    try (BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK))) {
      return WatchLink.isOn(bpf, link, options.cgroup())
          ? Presence.INSTALLED
          : Presence.OTHER_VERSION;
    }
  }

  /** Null when it was written by a version that lays it out otherwise. */
  private @Nullable InstallRecord record() {
    if (!folder.has(PinFolder.META)) {
      return null;
    }
    try (BpfMap meta = bpf.openMap(folder.pin(PinFolder.META))) {
      return meta.spec().valueSize() == InstallRecord.SPEC.valueSize()
          ? InstallRecord.read(meta)
          : null;
    }
  }

  private DatapathStatus status() {
    try (DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)));
        BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK))) {
      return new StatusReader(maps).read(WatchLink.isOn(bpf, link, options.cgroup()), List.of());
    }
  }

  private static Set<String> expectedPins() {
    Set<String> pins =
        new HashSet<>(
            List.of(
                Abi.SOCKETS,
                Abi.POLLERS,
                Abi.WATCH,
                Abi.REDIRECT,
                Abi.ONE_QUEUE,
                PinFolder.WATCH_LINK,
                PinFolder.CONDUCTOR_ITERATOR,
                PinFolder.ADOPTER_ITERATOR,
                PinFolder.REPORT_ITERATOR,
                PinFolder.FLOWS_ITERATOR,
                Abi.SEEN_SEND,
                Abi.SEEN_RECV,
                Abi.READER));
    DatapathMaps.specs().stream().map(MapSpec::name).forEach(pins::add);
    Arrays.stream(Table.values()).map(Table::mapName).forEach(pins::add);
    return pins;
  }
}
