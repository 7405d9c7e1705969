/**
 * The policy language as values: one resource kind, its parts, its canonical bytes and what can be
 * wrong with it.
 */
@NullMarked
package dev.shunt.policy;

import org.jspecify.annotations.NullMarked;
