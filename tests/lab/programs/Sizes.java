// SPDX-License-Identifier: GPL-3.0-or-later
// As sizes.py, by Java's HttpClient.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

public class Sizes {
  public static void main(String[] words) throws Exception {
    HttpClient client = HttpClient.newBuilder().proxy(java.net.ProxySelector.getDefault())
        .version(HttpClient.Version.HTTP_1_1).build();
    URI uri = URI.create(System.getenv("ANTHROPIC_BASE_URL") + "/v1/messages");
    for (String line : Files.readAllLines(Path.of(words[0]))) {
      String[] sizes = line.split(" ");
      String body = "{\"model\": \"claude-sonnet-5-5\", \"max_tokens\": 1024, \"metadata\": {\"user_id\": \"" + sizes[1]
          + "\"}, \"messages\": [{\"role\": \"user\", \"content\": \"" + "q".repeat(Integer.parseInt(sizes[0])) + "\"}]}";
      HttpRequest request = HttpRequest.newBuilder(uri).header("Content-Type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofString(body)).build();
      String answer = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      String mark = "\"text\": \"";
      int start = answer.indexOf(mark) + mark.length();
      byte[] text = answer.substring(start, answer.indexOf('"', start)).getBytes("UTF-8");
      StringBuilder hash = new StringBuilder();
      for (byte b : MessageDigest.getInstance("SHA-1").digest(text))
        hash.append(String.format("%02x", b));
      System.out.println(hash);
    }
  }
}
