package dev.shunt.node.agent;

/**
 * A file, or standard input, that holds one policy document or several.
 *
 * @param source name shown in problems
 * @param text the content, decoded by the policy parser's rules: bytes that are not UTF-8 stay a
 *     problem
 */
public record PolicyText(String source, byte[] text) {}
