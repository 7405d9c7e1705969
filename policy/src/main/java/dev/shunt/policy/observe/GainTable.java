package dev.shunt.policy.observe;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many times as fast as plain TCP the benchmarks found an accelerated connection, by what it
 * carries. The numbers are in {@code gains.csv} alone; a cell that was never measured is missing.
 */
public final class GainTable {

  /** How a message stands to the one before it. */
  public enum Kind {
    /** Answers what was received. */
    REPLY("replies"),
    /** Follows another message of the same end. */
    STREAM("messages in a row"),
    /** The whole connection: connect, one exchange, close. */
    CONNECT("short connections");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** Where the two ends ran. */
  public enum Cpus {
    SAME("on one CPU"),
    TWO("between two CPUs");

    private final String text;

    Cpus(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** A cell of the table. */
  public record Cell(Kind kind, SizeClass size, Cpus cpus) {

    /** {@code replies of at most 256 B between two CPUs}. */
    public String text() {
      return kind == Kind.CONNECT
          ? kind.text()
          : "%s of %s %s".formatted(kind.text(), size.text(), cpus.text());
    }
  }

  private static final GainTable MEASURED = read();

  private final Map<Cell, Double> ratios;

  public GainTable(Map<Cell, Double> ratios) {
    this.ratios = Map.copyOf(ratios);
  }

  /** The table that this version ships. */
  public static GainTable measured() {
    return MEASURED;
  }

  /** Speed relative to plain TCP; null when nobody measured it. */
  public @Nullable Double ratio(Cell cell) {
    return ratios.get(cell);
  }

  int cells() {
    return ratios.size();
  }

  private static GainTable read() {
    try (InputStream in = GainTable.class.getResourceAsStream("gains.csv")) {
      if (in == null) {
        throw new IllegalStateException("gains.csv is missing beside " + GainTable.class);
      }
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      Map<Cell, Double> ratios = new LinkedHashMap<>();
      lines
          .lines()
          .filter(line -> !line.isBlank() && line.charAt(0) != '#')
          .skip(1)
          .map(line -> line.split(",", 5))
          .forEach(
              columns ->
                  ratios.put(
                      new Cell(
                          Kind.valueOf(columns[0]),
                          SizeClass.valueOf(columns[1]),
                          Cpus.valueOf(columns[2])),
                      Double.valueOf(columns[3])));
      return new GainTable(ratios);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read gains.csv", e);
    }
  }
}
