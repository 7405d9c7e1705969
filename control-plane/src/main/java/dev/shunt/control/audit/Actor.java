package dev.shunt.control.audit;

/**
 * Who does something.
 *
 * @param name a user name, {@code token:…}, {@code node:…}, {@code system} or, for somebody
 *     unknown, {@code anonymous}
 * @param remote address it comes from; empty when it comes from the server itself
 */
public record Actor(String name, String remote) {

  public static final Actor SYSTEM = new Actor("system", "");
}
