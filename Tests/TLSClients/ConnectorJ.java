import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * MariaDB Connector/J, with the certificate's authority and name verified, as a test uses it.
 *
 * <p>java -cp mariadb-java-client.jar ConnectorJ.java HOST ADDRESS PORT USER PASSWORD AUTHORITY
 *
 * <p>Prints what it has found, as one line of JSON. ADDRESS is a name of the same gateway that its
 * certificate does not have.
 */
public class ConnectorJ {
    private static String port, user, authority;

    private static Connection connect(String host, String password) throws SQLException {
        String url = "jdbc:mariadb://" + host + ":" + port + "/?useSsl=true&serverSslCert=" + authority
            + "&connectTimeout=20000";
        return DriverManager.getConnection(url, user, password);
    }

    /** The error of a login; 0 if there is none. */
    private static int error(String host, String password) {
        try (Connection connection = connect(host, password)) {
            return 0;
        } catch (SQLException failure) {
            return failure.getErrorCode() == 0 ? -1 : failure.getErrorCode();
        }
    }

    public static void main(String[] arguments) throws Exception {
        String host = arguments[0], other = arguments[1], password = arguments[4];
        port = arguments[2];
        user = arguments[3];
        authority = arguments[5];
        try (Connection connection = connect(host, password);
                Statement statement = connection.createStatement()) {
            String server, account;
            try (ResultSet rows = statement.executeQuery("SELECT @@port, CURRENT_USER()")) {
                rows.next();
                server = rows.getString(1);
                account = rows.getString(2);
            }
            // Another connection kills the query by the id of the first one's greeting.
            Thread canceller = new Thread(() -> {
                try {
                    Thread.sleep(1000);
                    statement.cancel();
                } catch (Exception failure) {
                    System.err.println(failure);
                }
            });
            canceller.start();
            long began = System.nanoTime();
            boolean isCancelled = false;
            try (ResultSet rows = statement.executeQuery("SELECT SLEEP(30)")) {
                rows.next();
                isCancelled = rows.getInt(1) == 1;
            } catch (SQLException failure) {
                isCancelled = failure.getErrorCode() == 1317;
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            canceller.join();
            System.out.println("{\"port\": " + server + ", \"user\": \"" + account
                + "\", \"isCancelled\": " + isCancelled + ", \"seconds\": " + seconds
                + ", \"isAlive\": " + connection.isValid(5)
                + ", \"wrongPassword\": " + error(host, "bad" + password)
                + ", \"wrongName\": " + error(other, password) + "}");
        }
    }
}
