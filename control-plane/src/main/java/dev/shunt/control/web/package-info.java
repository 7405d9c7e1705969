/** What all REST controllers share: problems, preconditions and pages. */
@NullMarked
package dev.shunt.control.web;

import org.jspecify.annotations.NullMarked;
