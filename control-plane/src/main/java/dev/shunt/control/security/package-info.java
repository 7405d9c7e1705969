/** Who may do what: accounts, sessions, tokens and the HTTP filter chain. */
@NullMarked
package dev.shunt.control.security;

import org.jspecify.annotations.NullMarked;
