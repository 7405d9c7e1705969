import java.io.IOException;

/**
 * What a case saw: one {@code what=value} a line, compared between a plain and an accelerated run.
 */
final class Notes {

  private Notes() {}

  static synchronized void note(String what, Object value) {
    System.out.println(what + "=" + value);
    System.out.flush();
  }

  interface Call {
    Object get() throws Exception;
  }

  /** Notes what a call returns, or the exception that an application would see. */
  static void attempt(String what, Call call) {
    try {
      note(what, call.get());
    } catch (IOException e) {
      note(what, e.getClass().getSimpleName() + ": " + e.getMessage());
    } catch (Exception e) {
      throw new IllegalStateException(what, e);
    }
  }

  /** A case cannot go on: a fault of the test, not a difference. */
  static void broken(String why) {
    note("broken", why);
    Runtime.getRuntime().halt(3);
  }
}
