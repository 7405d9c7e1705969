package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MountTable;
import dev.shunt.policy.CgroupPath;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names of cgroups by their ids, which are the inode numbers of their folders. The tree is read
 * when an id is asked for that is not known, at most once for each instance's user-visible reading.
 */
final class CgroupPaths {
  private final @Nullable Path root;
  private final Map<Long, String> paths = new HashMap<>();
  private boolean read;

  CgroupPaths(@Nullable Path root) {
    this.root = root;
  }

  static CgroupPaths ofThisHost() {
    return new CgroupPaths(MountTable.read().cgroup2());
  }

  /** A folder of the hierarchy as policies name it; the root for one outside of it. */
  static CgroupPath below(@Nullable Path root, Path folder) {
    return root == null || !folder.startsWith(root) || folder.equals(root)
        ? CgroupPath.ROOT
        : CgroupPath.parse("/" + root.relativize(folder));
  }

  /** Null when there is no such cgroup any more, or it is outside what this process sees. */
  @Nullable String path(long id) {
    if (!read) {
      read = true;
      readTree();
    }
    return paths.get(id);
  }

  private void readTree() {
    Path from = root;
    if (from == null) {
      return;
    }
    try {
      Files.walkFileTree(
          from,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
                throws IOException {
              Long id = (Long) Files.getAttribute(folder, "unix:ino");
              paths.put(id, "/" + from.relativize(folder));
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE; // removed while the tree was read
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // What was read so far is right; the rest goes by its id.
    }
  }
}
