package dev.shunt.control.insight;

import dev.shunt.policy.observe.Flow;
import java.time.Instant;
import java.util.Map;

/**
 * A flow that a node reported within the last hour.
 *
 * @param flow as it was when most of its connections were open
 * @param openNow how many of its connections the node's last report counts; 0 when they are gone
 * @param lastSeen when a report had it last
 */
public record SeenFlow(
    String node, Map<String, String> nodeLabels, Flow flow, int openNow, Instant lastSeen) {}
