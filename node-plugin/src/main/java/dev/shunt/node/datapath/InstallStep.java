package dev.shunt.node.datapath;

import java.util.Locale;

/**
 * The steps of an installation, in order. Until {@link #COMPLETE} the pin folder counts as half
 * made and the next installation starts by removing it. That is safe at every step: no policy is
 * live yet, so no socket was enrolled.
 */
enum InstallStep {
  PIN_META,
  LOAD,
  PIN_MAPS,
  PIN_PROGRAMS,
  CONFIGURE,
  /**
   * Before the watch: a socket that enters the sockhash takes the program the sockhash has at that
   * moment.
   */
  ATTACH_REDIRECT,
  /** Before the watch too: a connection that is enrolled must not outrun those who tend it. */
  ATTACH_CONDUCTOR,
  ATTACH_WATCH,
  COMPLETE;

  /** Name in errors, for example {@code install.load}. */
  String code() {
    return "install." + name().toLowerCase(Locale.ROOT);
  }

  /** Told before each step; a test may throw to simulate a crash there. */
  interface Listener {
    void before(InstallStep step);
  }
}
