/**
 * Says what is wrong, or suspicious, with policies that are each valid: with the set of them, and
 * with what they will do.
 */
@NullMarked
package dev.shunt.policy.validate;

import org.jspecify.annotations.NullMarked;
