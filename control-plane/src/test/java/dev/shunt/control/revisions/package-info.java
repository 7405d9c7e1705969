/** Tests of the revision log on a real database. */
@NullMarked
package dev.shunt.control.revisions;

import org.jspecify.annotations.NullMarked;
