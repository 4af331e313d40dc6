import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;

/**
 * Loads a file by the JDK's clients, and prints one line of JSON: what a user of it sees.
 *
 * <p>Load MODE URL FILE [NAME:VALUE]...; MODE: client (HttpClient with a file), client-stream (with a
 * stream, in chunks), connection (HttpURLConnection), connection-fixed, connection-chunked (its
 * streaming modes). User and password are in the environment (LOAD_USER, LOAD_PASSWORD).
 */
public final class Load {
    public static void main(String[] arguments) {
        String[] fields = java.util.Arrays.copyOfRange(arguments, 3, arguments.length);
        String result;
        try {
            result = arguments[0].startsWith("client")
                    ? byClient(arguments[0], arguments[1], Path.of(arguments[2]), fields)
                    : byConnection(arguments[0], arguments[1], Path.of(arguments[2]), fields);
        } catch (Exception error) {
            result = "{\"error\": " + quoted(error.toString()) + "}";
        }
        System.out.println(result);
        System.exit(0);
    }

    private static String byClient(String mode, String url, Path file, String[] fields)
            throws Exception {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        BodyPublisher body = mode.equals("client-stream")
                ? BodyPublishers.ofInputStream(() -> open(file))
                : BodyPublishers.ofFile(file);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(600))
                .header("Authorization", authorization())
                .PUT(body);
        for (String field : fields) {
            String[] pair = field.split(":", 2);
            if (pair[0].equals("Expect")) {
                request.expectContinue(true);
            } else {
                request.header(pair[0], pair[1]);
            }
        }
        var answer = client.send(request.build(), BodyHandlers.ofString());
        int redirects = answer.previousResponse().isPresent() ? 1 : 0;
        return result(answer.statusCode(), answer.body(), redirects);
    }

    private static String byConnection(String mode, String url, Path file, String[] fields)
            throws Exception {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod("PUT");
        connection.setDoOutput(true);
        connection.setReadTimeout(600_000);
        connection.setRequestProperty("Authorization", authorization());
        for (String field : fields) {
            String[] pair = field.split(":", 2);
            connection.setRequestProperty(pair[0], pair[1]);
        }
        switch (mode) {
            case "connection-fixed" -> connection.setFixedLengthStreamingMode(Files.size(file));
            case "connection-chunked" -> connection.setChunkedStreamingMode(65_536);
            default -> { }
        }
        try (var output = connection.getOutputStream()) {
            Files.copy(file, output);
        }
        int status = connection.getResponseCode();
        InputStream stream =
                status < 400 ? connection.getInputStream() : connection.getErrorStream();
        String body = stream == null
                ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        return result(status, body, connection.getURL().toString().equals(url) ? 0 : 1);
    }

    private static InputStream open(Path file) {
        try {
            return Files.newInputStream(file);
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }

    private static String authorization() {
        String pair = System.getenv("LOAD_USER") + ":" + System.getenv("LOAD_PASSWORD");
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static String result(int status, String body, int redirects) {
        return "{\"status\": " + status + ", \"body\": " + quoted(body) + ", \"redirects\": "
                + redirects + "}";
    }

    private static String quoted(String text) {
        StringBuilder result = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            if (unit == '"' || unit == '\\') {
                result.append('\\').append(unit);
            } else if (unit < ' ') {
                result.append(String.format("\\u%04x", (int) unit));
            } else {
                result.append(unit);
            }
        }
        return result.append('"').toString();
    }
}
