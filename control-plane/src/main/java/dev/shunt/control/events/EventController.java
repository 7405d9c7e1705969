package dev.shunt.control.events;

import dev.shunt.control.web.ApiProblem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Streams events to browsers and tools. */
@RestController
@RequestMapping("/api/v1/events")
@Tag(name = "Events")
class EventController implements SmartLifecycle {

  /** Each may hold a thread while its connection is slow. */
  private static final int MOST_STREAMS = 128;

  private static final long KEEP_ALIVE_SECONDS = 15;

  private final EventLog events;

  /** Told apart from an earlier process, whose ids meant other events. */
  private final String epoch = Long.toString(System.currentTimeMillis(), 36);

  private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
  private final ExecutorService writers =
      Executors.newCachedThreadPool(task -> daemon(task, "shunt-events"));
  private final ScheduledExecutorService keepAlive =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "shunt-events-alive"));
  private volatile boolean running;

  EventController(EventLog events) {
    this.events = events;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  @GetMapping(produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  @Operation(
      operationId = "streamEvents",
      summary = "Streams what changes (server-sent events)",
      description =
          "Event types: revision, policy, node; reset when events were missed and everything has"
              + " to be read anew. Send Last-Event-ID to continue.",
      responses =
          @ApiResponse(
              responseCode = "200",
              content =
                  @Content(
                      mediaType = MediaType.TEXT_EVENT_STREAM_VALUE,
                      schema = @Schema(implementation = String.class))))
  SseEmitter stream(
      @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String lastEventId,
      HttpServletResponse response) {
    if (streams.size() >= MOST_STREAMS) {
      throw ApiProblem.tooManyRequests(
          "expected at most " + MOST_STREAMS + " streams of events, found one more");
    }
    // Proxies that collect a response before they pass it on would hold events back.
    response.setHeader("X-Accel-Buffering", "no");
    SseEmitter emitter = new SseEmitter(0L);
    EventStream stream = new EventStream(emitter, epoch, writers, this::forget);
    streams.add(stream);
    emitter.onCompletion(() -> forget(stream));
    emitter.onError(failure -> forget(stream));
    Long after = place(lastEventId);
    boolean complete = events.listen(after, stream);
    if (!complete || (lastEventId != null && after == null)) {
      stream.reset(events.lastId());
    } else {
      stream.alive();
    }
    return emitter;
  }

  /** The number in an id of this process; null for any other id. */
  private @Nullable Long place(@Nullable String lastEventId) {
    if (lastEventId == null || !lastEventId.startsWith(epoch + "-")) {
      return null;
    }
    try {
      return Long.valueOf(lastEventId.substring(epoch.length() + 1));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private void forget(EventStream stream) {
    events.forget(stream);
    streams.remove(stream);
  }

  @Override
  public void start() {
    running = true;
    keepAlive.scheduleWithFixedDelay(
        () -> streams.forEach(EventStream::alive),
        KEEP_ALIVE_SECONDS,
        KEEP_ALIVE_SECONDS,
        TimeUnit.SECONDS);
  }

  /** Before the web server waits for its requests to end: these never would. */
  @Override
  public void stop() {
    running = false;
    keepAlive.shutdownNow();
    streams.forEach(EventStream::end);
    writers.shutdown();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
