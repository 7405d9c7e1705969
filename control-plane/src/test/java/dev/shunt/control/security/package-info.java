/** Tests of the rules of signing in. */
@NullMarked
package dev.shunt.control.security;

import org.jspecify.annotations.NullMarked;
