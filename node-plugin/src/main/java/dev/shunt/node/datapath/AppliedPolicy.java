package dev.shunt.node.datapath;

import java.time.Duration;

/**
 * A policy set that is live: its maps were written, read back, and the flip was made.
 *
 * @param generation generation number the programs now read
 * @param digest digest of the policy set, lower-case hex
 * @param tablesWritten tables whose content differed from the generation before; the others were
 *     shared with it
 * @param took from the first write to the flip
 */
public record AppliedPolicy(long generation, String digest, int tablesWritten, Duration took) {}
