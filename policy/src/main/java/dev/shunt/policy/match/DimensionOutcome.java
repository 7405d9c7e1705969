package dev.shunt.policy.match;

import dev.shunt.policy.Dimension;

/**
 * What one dimension of one policy says to one socket.
 *
 * @param path of the line that decided: the first entry that matches, the whole list when none
 *     does, {@code spec.match} when the policy has no such list
 * @param entry the text at that path; {@code any} when the policy has no such list
 * @param found the socket's value
 */
public record DimensionOutcome(
    Dimension dimension, boolean matched, String path, String entry, String found) {}
