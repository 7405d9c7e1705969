package dev.shunt.control.revisions;

import java.time.Instant;

/**
 * One entry of the log. Numbers become visible in order and are never reused.
 *
 * @param digest of the whole set at this revision
 */
public record Revision(
    long number, String digest, String author, String message, Instant committedAt) {}
