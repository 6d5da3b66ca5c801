/* Java's SSLSocket as a client: PORT NAME CA CERT KEY MODE (tests/interop/README.md). */
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Client {
    static Certificate[] certificates(String file) throws Exception {
        try (var stream = new FileInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(stream).toArray(new Certificate[0]);
        }
    }

    static KeyStore emptyStore() throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    static SSLContext settings(String[] args) throws Exception {
        var trusted = emptyStore();
        trusted.setCertificateEntry("ca", certificates(args[2])[0]);
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);

        var own = emptyStore();
        if (!args[3].equals("-")) {
            var text = Files.readString(Path.of(args[4])).replaceAll("-----[A-Z ]+-----", "");
            var key = KeyFactory.getInstance("EC").generatePrivate(
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text)));
            own.setKeyEntry("client", key, new char[0], certificates(args[3]));
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);

        var made = SSLContext.getInstance("TLS");
        made.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return made;
    }

    static SSLSocket connect(String[] args, SSLContext with) throws Exception {
        var tcp = new java.net.Socket("127.0.0.1", Integer.parseInt(args[0]));
        var made = (SSLSocket) with.getSocketFactory().createSocket(tcp, args[1], tcp.getPort(), true);
        SSLParameters parameters = made.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS"); // or no name is looked at
        made.setSSLParameters(parameters);
        made.startHandshake();
        return made;
    }

    static void oneLine(SSLSocket stream) throws Exception {
        stream.getOutputStream().write("first".getBytes());
        stream.getInputStream().readNBytes(5);
        stream.close();
    }

    static void send(SSLSocket stream) {
        try {
            System.in.transferTo(stream.getOutputStream());
            stream.shutdownOutput();
        } catch (Exception problem) {
            fail(problem);
        }
    }

    static void fail(Exception problem) {
        System.err.println(problem);
        System.exit(1);
    }

    public static void main(String[] args) {
        try {
            var with = settings(args);
            if (args[5].equals("twice")) {
                oneLine(connect(args, with));
            }
            var stream = connect(args, with);
            var sender = new Thread(() -> send(stream));
            sender.setDaemon(true);
            sender.start();
            stream.getInputStream().transferTo(System.out);
            System.out.flush();
            stream.close();
        } catch (Exception problem) {
            fail(problem);
        }
    }
}
