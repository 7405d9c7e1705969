/**
 * Defines what policies mean, without any cleverness: who wins a socket and why, and what becomes
 * of a connection.
 */
@NullMarked
package dev.shunt.policy.match;

import org.jspecify.annotations.NullMarked;
