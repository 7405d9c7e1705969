/** Tests of policies over REST. */
@NullMarked
package dev.shunt.control.policies;

import org.jspecify.annotations.NullMarked;
