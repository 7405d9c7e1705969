/** Decides when which node is sent which policy set; plain Java, no gRPC, no clock of its own. */
@NullMarked
package dev.shunt.control.push;

import org.jspecify.annotations.NullMarked;
