/**
 * Looks at this machine and says, for each thing Shunt needs, what was seen and what Shunt will
 * therefore do.
 */
@NullMarked
package dev.shunt.node.check;

import org.jspecify.annotations.NullMarked;
