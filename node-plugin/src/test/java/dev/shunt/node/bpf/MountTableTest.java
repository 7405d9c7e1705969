package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MountTableTest {
  private static final String ROOT = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw";
  private static final String SYSFS = "22 21 0:20 / /sys rw,nosuid - sysfs sysfs rw";
  private static final String BPF = "30 22 0:27 / /sys/fs/bpf rw - bpf bpf rw,mode=700";
  private static final String HYBRID =
      "31 22 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";

  @Test
  void theCgroupHierarchyIsFoundWhereverItIsMounted() {
    assertThat(MountTable.parse(List.of(ROOT, SYSFS, HYBRID)).cgroup2())
        .isEqualTo(Path.of("/sys/fs/cgroup/unified"));
    assertThat(MountTable.parse(List.of(ROOT, SYSFS)).cgroup2()).isNull();
  }

  @Test
  void aPathLiesInTheMountClosestAboveIt() {
    MountTable table = MountTable.parse(List.of(ROOT, SYSFS, BPF));
    assertThat(fileSystem(table, "/sys/fs/bpf/shunt")).isEqualTo("bpf");
    assertThat(fileSystem(table, "/sys/fs/bpfx")).isEqualTo("sysfs");
    assertThat(fileSystem(table, "/home")).isEqualTo("ext4");
  }

  @Test
  void aLaterMountCoversAnEarlierOneAtTheSamePoint() {
    String cover = "40 22 0:40 / /sys/fs/bpf rw - tmpfs tmpfs rw";
    assertThat(fileSystem(MountTable.parse(List.of(ROOT, BPF, cover)), "/sys/fs/bpf/shunt"))
        .isEqualTo("tmpfs");
  }

  @Test
  void spacesInMountPointsAreUnescaped() {
    String spaced = "50 21 0:50 / /mnt/two\\040words rw - cgroup2 none rw";
    assertThat(MountTable.parse(List.of(ROOT, spaced)).cgroup2())
        .isEqualTo(Path.of("/mnt/two words"));
  }

  @Test
  void aLineThatIsNoneOfMountinfoIsNamed() {
    assertThatThrownBy(() -> MountTable.parse(List.of("nonsense")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found nonsense");
  }

  private static String fileSystem(MountTable table, String path) {
    return Objects.requireNonNull(table.of(Path.of(path))).fileSystem();
  }
}
