/** What this node tells Prometheus: fixed names, few labels, no addresses. */
@NullMarked
package dev.shunt.node.metrics;

import org.jspecify.annotations.NullMarked;
