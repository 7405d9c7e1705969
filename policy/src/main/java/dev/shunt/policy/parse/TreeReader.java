package dev.shunt.policy.parse;

import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.Quoted;
import dev.shunt.policy.parse.Node.ListNode;
import dev.shunt.policy.parse.Node.MapNode;
import dev.shunt.policy.parse.Node.Path;
import dev.shunt.policy.parse.Node.ScalarNode;
import dev.shunt.policy.parse.SourceMap.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;

/**
 * Builds the tree of one document from parser events. Events, not the library's own nodes, because
 * nothing here may recurse, expand an alias, or go deeper than the limit before somebody looks.
 */
final class TreeReader {

  static final int DEEPEST = 32;

  private final String text;
  private final int linesBefore;
  private final DocumentProblems problems;
  private final Deque<Open> open = new ArrayDeque<>();
  private @Nullable Node root;

  /** A map or list that is not closed yet. */
  private static final class Open {
    final boolean isMap;
    final Position position;
    final Path path;
    final List<Node> elements = new ArrayList<>();
    final List<MapNode.Entry> entries = new ArrayList<>();
    final Map<String, Position> keys = new HashMap<>();
    @Nullable Key key;

    Open(boolean isMap, Position position, Path path) {
      this.isMap = isMap;
      this.position = position;
      this.path = path;
    }

    Node close() {
      return isMap ? new MapNode(entries, position, path) : new ListNode(elements, position, path);
    }
  }

  private record Key(String text, Position position, boolean counts) {}

  TreeReader(String text, int linesBefore, DocumentProblems problems) {
    this.text = text;
    this.linesBefore = linesBefore;
    this.problems = problems;
  }

  /**
   * The root, or null when the document has none or cannot be read to its end; the reasons are
   * among the problems.
   */
  @Nullable Node read() {
    LoadSettings settings =
        LoadSettings.builder().setUseMarks(true).setParseComments(false).build();
    try {
      for (Event event : new Parse(settings).parseString(text)) {
        if (!accept(event)) {
          return null;
        }
      }
      return root;
    } catch (MarkedYamlEngineException e) {
      Position position =
          e.getProblemMark().or(e::getContextMark).map(this::position).orElse(start());
      syntax(position, described(e));
    } catch (ReaderException e) {
      int at = Math.min(Math.max(0, e.getPosition()), text.codePointCount(0, text.length()));
      syntax(
          positionOf(text.offsetByCodePoints(0, at)),
          String.format("the character U+%04X", e.getCodePoint()));
    } catch (RuntimeException e) {
      // The library promises its own exceptions only; on garbage it must not matter when it breaks
      // that promise.
      syntax(start(), "a text the YAML parser gave up on (" + e.getClass().getSimpleName() + ")");
    }
    return null;
  }

  /** With the line where it began: an open bracket is missed only at the end of the text. */
  private String described(MarkedYamlEngineException e) {
    String began =
        e.getContextMark().map(mark -> " that begins in line " + position(mark).line()).orElse("");
    return e.getContext() == null ? e.getProblem() : e.getContext() + began + ", " + e.getProblem();
  }

  private void syntax(Position position, @Nullable String found) {
    problems.add(
        ProblemCode.SYNTAX,
        Path.ROOT,
        position,
        "YAML or JSON",
        found == null ? "something else" : found.replaceAll("\\s+", " ").trim(),
        "");
  }

  /** False when reading on makes no sense. */
  private boolean accept(Event event) {
    if (event instanceof AliasEvent alias) {
      problems.add(
          ProblemCode.ALIAS,
          nextPath(),
          position(event),
          "the value itself",
          "the alias " + Quoted.of("*" + alias.getAlias()),
          "aliases are not supported; write the value out");
      add(new Node.Unread(position(event), nextPath()));
      return true;
    }
    if (event instanceof NodeEvent node) {
      checkProperties(node);
    }
    if (event instanceof ScalarEvent scalar) {
      add(new ScalarNode(scalar.getValue(), scalar.isPlain(), position(event), nextPath()));
    } else if (event instanceof CollectionStartEvent start) {
      return opens(start);
    } else if (event instanceof CollectionEndEvent) {
      add(open.pop().close());
    }
    return true;
  }

  private boolean opens(CollectionStartEvent start) {
    if (open.size() == DEEPEST) {
      problems.add(
          ProblemCode.TOO_DEEP,
          open.getFirst().path,
          position(start),
          "at most " + DEEPEST + " maps and lists inside one another",
          "one more",
          "");
      return false;
    }
    Open parent = open.peek();
    Position position =
        parent != null && parent.key != null ? parent.key.position() : position(start);
    open.push(new Open(start instanceof MappingStartEvent, position, nextPath()));
    return true;
  }

  private void checkProperties(NodeEvent event) {
    Optional<Anchor> anchor = event.getAnchor();
    if (anchor.isPresent()) {
      problems.add(
          ProblemCode.ALIAS,
          nextPath(),
          position(event),
          "no anchor",
          "the anchor " + Quoted.of("&" + anchor.get()),
          "anchors and aliases are not supported");
    }
    Optional<String> tag =
        event instanceof ScalarEvent scalar
            ? scalar.getTag()
            : event instanceof CollectionStartEvent start ? start.getTag() : Optional.empty();
    if (tag.isPresent()) {
      problems.add(
          ProblemCode.TAG,
          nextPath(),
          position(event),
          "no tag",
          Quoted.of(tag.get()),
          "types follow from the schema");
    }
  }

  /** Where the next node will stand: below a pending key, at the next index, or at the root. */
  private Path nextPath() {
    Open parent = open.peek();
    if (parent == null) {
      return Path.ROOT;
    }
    if (!parent.isMap) {
      return parent.path.index(parent.elements.size());
    }
    return parent.key == null ? parent.path : parent.path.key(parent.key.text());
  }

  private void add(Node node) {
    Open parent = open.peek();
    if (parent == null) {
      root = node;
    } else if (!parent.isMap) {
      parent.elements.add(node);
    } else if (parent.key == null) {
      parent.key = key(parent, node);
    } else {
      if (parent.key.counts()) {
        parent.entries.add(new MapNode.Entry(parent.key.text(), parent.key.position(), node));
      }
      parent.key = null;
    }
  }

  private Key key(Open parent, Node node) {
    if (!(node instanceof ScalarNode scalar)) {
      problems.add(
          ProblemCode.WRONG_TYPE, parent.path, node.position(), "a text as key", node.kind(), "");
      return new Key("?", node.position(), false);
    }
    Position first = parent.keys.putIfAbsent(scalar.text(), scalar.position());
    if (first != null) {
      problems.add(
          ProblemCode.DUPLICATE_KEY,
          parent.path.key(scalar.text()),
          scalar.position(),
          "each key once",
          Quoted.of(scalar.text()) + " again; it stands in line " + first.line() + " already",
          "");
    }
    return new Key(scalar.text(), scalar.position(), first == null);
  }

  private Position position(Event event) {
    return event.getStartMark().map(this::position).orElse(start());
  }

  private Position position(Mark mark) {
    return new Position(linesBefore + mark.getLine() + 1, mark.getColumn() + 1);
  }

  private Position start() {
    return new Position(linesBefore + 1, 1);
  }

  private Position positionOf(int offset) {
    return Positions.of(text, offset, linesBefore);
  }
}
