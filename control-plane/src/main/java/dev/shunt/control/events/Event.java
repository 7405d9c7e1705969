package dev.shunt.control.events;

/**
 * Something changed.
 *
 * @param id rises by one with each event since the server started
 * @param type {@code revision}, {@code policy} or {@code node}
 * @param data what to write as JSON
 */
public record Event(long id, String type, Object data) {}
