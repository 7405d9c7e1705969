package dev.shunt.node.bpf;

/** libbpf 1.x could not be used on this machine; the message names the package that brings it. */
public final class LibbpfMissingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LibbpfMissingException(String message) {
    super(message);
  }

  static String sentence(String library, String found) {
    return "libbpf 1.x is needed and "
        + library
        + " could not be used ("
        + found.strip()
        + "). Install it: Debian and Ubuntu call the package libbpf1, Fedora and RHEL libbpf, Alpine libbpf.";
  }
}
