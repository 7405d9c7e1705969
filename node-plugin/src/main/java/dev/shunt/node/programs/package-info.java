/** Finds out of a running program what its socket calls do not show: whether it could splice. */
@NullMarked
package dev.shunt.node.programs;

import org.jspecify.annotations.NullMarked;
