/** Reads policies from YAML and JSON, and says everything that is wrong with a text at once. */
@NullMarked
package dev.shunt.policy.parse;

import org.jspecify.annotations.NullMarked;
