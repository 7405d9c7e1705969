/** The gRPC adapter between node plugins and the nodes' core. */
@NullMarked
package dev.shunt.control.stream;

import org.jspecify.annotations.NullMarked;
