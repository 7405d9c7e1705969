package dev.shunt.control.stream;

/** The server was about to listen for nodes without TLS where other machines can reach it. */
final class PlaintextRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String where;

  PlaintextRefusedException(String where) {
    super("expected TLS for gRPC on an address that other machines can reach, found " + where);
    this.where = where;
  }

  String where() {
    return where;
  }
}
