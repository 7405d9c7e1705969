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
    return new DatapathInspection(presence, installed, isReadable(presence) ? status() : null);
  }

  /** The counters of another version's programs mean the same while the layout is the same. */
  private static boolean isReadable(Presence presence) {
    return presence == Presence.INSTALLED || presence == Presence.OTHER_PROGRAMS;
  }

  Presence presence() {
    List<String> pins = folder.names();
    if (pins.isEmpty()) {
      return Presence.ABSENT;
    }
    if (!pins.contains(PinFolder.META)) {
      return Presence.HALF_MADE;
    }
    if (layout() > Abi.LAYOUT_VERSION) {
      return Presence.NEWER_LAYOUT;
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
            && record.maxSockets() == options.maxSockets()
            && record.cgroup().equals(options.cgroup().toString());
    if (!same) {
      return Presence.OTHER_VERSION;
    }
    boolean sameObject = record.objectDigest().equals(object.digest());
    if (!new HashSet<>(pins).containsAll(sameObject ? expectedPins() : ownPins())) {
      return Presence.HALF_MADE;
    }
    try (BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK))) {
      if (!WatchLink.isOn(bpf, link, options.cgroup())) {
        return Presence.OTHER_VERSION;
      }
    }
    return sameObject ? Presence.INSTALLED : Presence.OTHER_PROGRAMS;
  }

  int layout() {
    try (BpfMap meta = bpf.openMap(folder.pin(PinFolder.META))) {
      return InstallRecord.layoutOf(meta);
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

  /** What other programs of this layout cannot bring themselves. */
  private static Set<String> ownPins() {
    Set<String> pins = new HashSet<>(Set.of(PinFolder.WATCH_LINK));
    DatapathMaps.specs().stream().map(MapSpec::name).forEach(pins::add);
    return pins;
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
