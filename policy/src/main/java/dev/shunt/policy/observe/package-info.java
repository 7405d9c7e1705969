/**
 * What nodes saw, and what follows from it: whether a policy would pay, and what a draft would
 * change. Knows nothing of kernels or networks; every number comes from outside.
 */
@NullMarked
package dev.shunt.policy.observe;

import org.jspecify.annotations.NullMarked;
