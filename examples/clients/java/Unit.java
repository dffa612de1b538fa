// 责任单位客户端示例（Java 11 以上）：接收任务、签收、上传处置后照片、反馈。
// A responsible unit's client in Java, to start your own from; docs/units.md tells the rules behind every line.
//
//   export AMQP_URL=amqps://u07:口令@centre.example/city UNIT=u07 CENTRE=https://centre.example
//   java -cp /usr/share/java/amqp-client.jar:/usr/share/java/slf4j-simple.jar:/usr/share/java/gson.jar Unit.java
//
// It keeps its books in the folder BOOKS (./books): <task>.json for each task, and `seen` with the messages that it
// has handled. When the work is done, put the photo beside as <task>.jpg: it is uploaded and fed back.

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class Unit {
    static final String AMQP_URL = setting("AMQP_URL");
    static final String UNIT = setting("UNIT");
    static final String CENTRE = setting("CENTRE");
    static final Gson JSON = new Gson();
    static final PrintStream OUT =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    public static void main(String[] arguments) throws Exception {
        Thread watching = new Thread(Unit::watchTheBooks);
        watching.setDaemon(true);
        watching.start();
        stayConnected();
    }

    // ---- 账本 / the books -----------------------------------------------------------------------------------
    // Your own database in the real thing. What is written here survives a crash; all else may be lost at any moment.

    static final Path BOOKS = Path.of(System.getenv().getOrDefault("BOOKS", "books"));
    static final Path SEEN = BOOKS.resolve("seen");
    static final Set<String> seen = new HashSet<>(); // receiving and feeding back take turns: `synchronized`

    /** A task is known by these three together. A rework comes with the next round, and is a task of its own. */
    static String nameOf(JsonObject task) {
        return text(task, "case_number") + "-" + text(task, "round") + "-" + text(task, "dispatch_number");
    }

    static Path placeOf(String name, String kind) {
        return BOOKS.resolve(name + "." + kind);
    }

    static JsonObject lookUp(String name) throws IOException {
        Path place = placeOf(name, "json");
        return Files.exists(place) ? JSON.fromJson(Files.readString(place), JsonObject.class) : null;
    }

    static void note(JsonObject entry) throws IOException {
        Path place = placeOf(nameOf(entry.getAsJsonObject("task")), "json");
        Path beside = Path.of(place + ".new");
        // Whole or not at all: first beside, then in its place.
        Files.writeString(beside, JSON.toJson(entry));
        Files.move(beside, place, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    static List<String> named(String ending) throws IOException {
        try (Stream<Path> files = Files.list(BOOKS)) {
            return files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(ending))
                .map(name -> name.substring(0, name.length() - ending.length())).sorted().collect(Collectors.toList());
        }
    }

    // ---- 收 / receiving -------------------------------------------------------------------------------------

    static void take(Channel channel, Envelope delivery, AMQP.BasicProperties properties, byte[] body)
            throws IOException {
        JsonObject envelope;
        try {
            envelope = JSON.fromJson(new String(body, StandardCharsets.UTF_8), JsonObject.class);
        } catch (JsonParseException unreadable) {
            channel.basicReject(delivery.getDeliveryTag(), false); // the centre parks it and looks at it
            return;
        }
        try {
            handleOnce(properties.getMessageId(), envelope);
            channel.basicAck(delivery.getDeliveryTag(), false); // only now: until here, a crash brings it again
        } catch (Exception error) {
            log("未处理，稍后重新送达 / not handled, comes again: " + error);
            Object count = properties.getHeaders() == null ? null : properties.getHeaders().get("x-delivery-count");
            pause(Math.min(1000L << (count == null ? 0 : Math.min(((Number) count).intValue(), 6)), 60_000));
            channel.basicNack(delivery.getDeliveryTag(), false, true); // after 20 times the centre parks it
        }
    }

    /** The same message may come twice: what was handled once is only acknowledged. */
    static synchronized void handleOnce(String messageId, JsonObject envelope) throws Exception {
        if (seen.contains(messageId)) return;
        react(text(envelope, "type"), envelope.getAsJsonObject("data"));
        Files.writeString(SEEN, messageId + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        seen.add(messageId);
    }

    static void react(String type, JsonObject said) throws Exception {
        switch (type) {
            case "task":
                onTask(said);
                break;
            case "task_withdrawn":
                log("撤回 " + nameOf(said) + " " + text(said, "reason"));
                JsonObject withdrawn = lookUp(nameOf(said));
                if (withdrawn != null) {
                    withdrawn.addProperty("state", "withdrawn");
                    note(withdrawn);
                }
                break;
            case "request_accepted":
                log("已接收 " + text(said, "request") + " " + text(said, "case_number"));
                break;
            case "request_refused":
                onRefused(said);
                break;
            default:
                // Messages only ever grow: a type that you do not know yet is no mistake.
                log(type + " " + said);
        }
    }

    static void onTask(JsonObject task) throws Exception {
        String name = nameOf(task);
        JsonObject entry = lookUp(name);
        if (entry == null) {
            // Stored first; with the id under which it will be signed, however often that takes.
            entry = new JsonObject();
            entry.add("task", task);
            entry.addProperty("state", "open");
            entry.addProperty("sign_id", UUID.randomUUID().toString());
            note(entry);
        }
        log("任务 " + name + " " + text(task, "address") + " " + text(task, "description") + " 截止 "
            + text(task, "due_at") + " " + text(task, "rework_reason"));
        if (task.get("round").getAsInt() == 1) { // a rework needs no signature
            say("sign", text(entry, "sign_id"), about(task));
        }
    }

    static void onRefused(JsonObject refused) throws IOException {
        log("未接收 " + text(refused, "request") + " " + text(refused, "case_number") + " " + text(refused, "field")
            + " " + text(refused, "reason"));
        for (String name : named(".json")) {
            JsonObject entry = lookUp(name);
            if (text(refused, "request_id").equals(text(entry, "feedback_id"))) {
                setAside(entry); // to be mended, and then sent under a new id
            }
        }
    }

    // ---- 发 / sending ---------------------------------------------------------------------------------------

    static volatile Channel publishing; // the channel in confirm mode, while there is a connection
    static volatile String returned = ""; // the id of the last message that no queue took

    static JsonObject about(JsonObject task) {
        JsonObject about = new JsonObject();
        for (String name : List.of("case_number", "round", "dispatch_number")) about.add(name, task.get(name));
        return about;
    }

    /** Comes back when the broker has confirmed. Until then say it again, under the SAME id: it takes effect once. */
    static synchronized void say(String type, String id, JsonObject data) throws Exception {
        Channel channel = publishing;
        if (channel == null) throw new IOException("没有连接 / not connected");
        Instant time = Instant.now();
        data.addProperty("responsible_unit", UNIT);
        JsonObject envelope = new JsonObject();
        envelope.addProperty("specversion", "1.0");
        envelope.addProperty("id", id);
        envelope.addProperty("source", "units/" + UNIT);
        envelope.addProperty("type", type);
        envelope.addProperty("time", time.toString());
        envelope.add("data", data);
        AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
            .userId(UNIT) // required: the broker checks it against the login, and the centre believes nothing else
            .contentType("application/cloudevents+json") // required
            .deliveryMode(2)
            .messageId(id)
            .type(type)
            .appId("units/" + UNIT)
            .timestamp(Date.from(time))
            .correlationId(data.has("case_number") ? text(data, "case_number") : null)
            .build();
        String key = UNIT + "." + type + (data.has("case_number") ? "." + text(data, "case_number") : "");
        byte[] body = JSON.toJson(envelope).getBytes(StandardCharsets.UTF_8);
        channel.basicPublish("units.feedback", key, true, properties, body);
        channel.waitForConfirmsOrDie(30_000);
        // What no queue takes comes back before its confirm.
        if (returned.equals(id)) throw new IOException("无处可投 / no queue takes it");
    }

    // ---- 反馈 / feeding back --------------------------------------------------------------------------------

    static void watchTheBooks() {
        while (true) {
            pause(1000);
            if (publishing == null) continue;
            try {
                for (String name : named(".jpg")) feedBack(name);
            } catch (Exception error) {
                log("稍后再试 / will be tried again: " + error);
            }
        }
    }

    static synchronized void feedBack(String name) throws Exception {
        JsonObject entry = lookUp(name);
        if (entry == null || !text(entry, "state").equals("open")) return;
        JsonObject task = entry.getAsJsonObject("task");
        String receipt = upload(task, Files.readAllBytes(placeOf(name, "jpg")));
        if (receipt == null) {
            setAside(entry);
            return;
        }
        if (!entry.has("feedback_id")) {
            // In the books before the message leaves: after a crash it is said again under the same id.
            entry.addProperty("feedback_id", UUID.randomUUID().toString());
            note(entry);
        }
        JsonArray receipts = new JsonArray();
        receipts.add(receipt);
        JsonObject feedback = about(task);
        feedback.addProperty("text", "已按要求处置完毕");
        feedback.add("receipts", receipts);
        say("feedback", text(entry, "feedback_id"), feedback);
        entry.addProperty("state", "fed back");
        note(entry);
        log("已反馈 " + name);
    }

    /** The task is open again, and waits for another photo. */
    static void setAside(JsonObject entry) throws IOException {
        Path photo = placeOf(nameOf(entry.getAsJsonObject("task")), "jpg");
        if (Files.exists(photo)) {
            Files.move(photo, Path.of(photo + ".refused"), StandardCopyOption.REPLACE_EXISTING);
        }
        entry.remove("feedback_id");
        if (!text(entry, "state").equals("withdrawn")) entry.addProperty("state", "open");
        note(entry);
    }

    /** No picture travels over AMQP: it is put to the centre's door first, and the feedback names the receipt. */
    static String upload(JsonObject task, byte[] photo) throws Exception {
        StringBuilder sha256 = new StringBuilder();
        for (byte one : MessageDigest.getInstance("SHA-256").digest(photo)) sha256.append(String.format("%02x", one));
        HttpRequest put = HttpRequest.newBuilder(URI.create(CENTRE + text(task, "upload_url") + "/" + sha256))
            .header("Authorization", "Bearer " + text(task, "upload_token"))
            .header("Content-Type", "image/jpeg")
            .timeout(Duration.ofSeconds(60))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(photo))
            .build();
        HttpResponse<String> answer = HTTP.send(put, HttpResponse.BodyHandlers.ofString());
        int status = answer.statusCode();
        if (status < 300) return text(JSON.fromJson(answer.body(), JsonObject.class), "receipt");
        // 4xx will not change by itself. All else is a passing trouble, and storing a photo twice is harmless.
        if (status >= 500 || status == 429) throw new IOException("上传未成 / upload failed: " + status);
        JsonObject problem = JSON.fromJson(answer.body(), JsonObject.class);
        log("照片被拒收 " + nameOf(task) + " " + status + " " + text(problem, "title") + text(problem, "detail"));
        return null;
    }

    // ---- 连接 / the connection ------------------------------------------------------------------------------

    static void stayConnected() throws Exception {
        Files.createDirectories(BOOKS);
        if (Files.exists(SEEN)) seen.addAll(Files.readAllLines(SEEN));
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(AMQP_URL);
        factory.setRequestedHeartbeat(30);
        factory.setConnectionTimeout(10_000);
        // The library could recover by itself, but not the first connection, and with less to read than this loop.
        factory.setAutomaticRecoveryEnabled(false);
        for (int tries = 0; ; tries++) {
            Instant begun = Instant.now();
            try {
                oneConnection(factory);
            } catch (Exception error) {
                log("连接失败 / no connection: " + error);
            }
            if (Duration.between(begun, Instant.now()).toSeconds() > 60) tries = 0;
            // Growing and by chance, so that 29 units do not all come at once when the broker is back.
            double chance = 0.5 + ThreadLocalRandom.current().nextDouble();
            pause((long) (Math.min(500L << Math.min(tries, 6), 30_000) * chance));
        }
    }

    static void oneConnection(ConnectionFactory factory) throws Exception {
        Connection connection = factory.newConnection(UNIT);
        CountDownLatch lost = new CountDownLatch(1);
        try {
            Channel confirming = connection.createChannel();
            Channel consuming = connection.createChannel();
            // A channel that the broker closes (a right is missing, say) ends the connection, and all begins anew.
            confirming.addShutdownListener(cause -> lost.countDown());
            consuming.addShutdownListener(cause -> lost.countDown());
            confirming.confirmSelect();
            confirming.addReturnListener((code, why, exchange, key, properties, body) ->
                returned = properties.getMessageId());
            publishing = confirming;
            // No books yet, or lost ones: ask for everything that is open. It comes again under the old message ids.
            if (!Files.exists(SEEN)) say("resync", UUID.randomUUID().toString(), new JsonObject());
            Files.writeString(SEEN, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            consuming.basicQos(10);
            // Both queues exist already. Declare nothing: the account may not.
            for (String kind : List.of("urgent", "tasks")) {
                consuming.basicConsume("unit." + UNIT + "." + kind, false, new DefaultConsumer(consuming) {
                    @Override
                    public void handleDelivery(String tag, Envelope delivery, AMQP.BasicProperties properties, byte[] body)
                            throws IOException {
                        take(consuming, delivery, properties, body);
                    }

                    @Override
                    public void handleCancel(String tag) {
                        lost.countDown(); // the broker has ended the consumer
                    }
                });
            }
            log("已连接 / connected");
            lost.await();
        } finally {
            publishing = null;
            connection.abort(5_000);
        }
    }

    // ---- 其他 / the rest ------------------------------------------------------------------------------------

    static String text(JsonObject object, String name) {
        return object.has(name) && !object.get(name).isJsonNull() ? object.get(name).getAsString() : "";
    }

    static String setting(String name) {
        String value = System.getenv(name);
        if (value == null) throw new IllegalStateException("请设置 / please set " + name);
        return value;
    }

    static void log(String words) {
        OUT.println(words);
    }

    static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException leaving) {
            Thread.currentThread().interrupt();
        }
    }
}
