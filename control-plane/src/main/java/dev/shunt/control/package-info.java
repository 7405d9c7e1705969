/** The control plane: which connections are accelerated, decided once and carried to every node. */
@NullMarked
package dev.shunt.control;

import org.jspecify.annotations.NullMarked;
