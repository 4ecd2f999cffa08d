// Java: what crates/interop/src/script.rs says a peer does.

import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

class Peer {
    static final Map<String, String> options = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        for (int at = 1; at < arguments.length; at += 2) {
            options.put(arguments[at].substring(2), arguments[at + 1]);
        }
        if (options.containsKey("groups")) {
            System.setProperty("jdk.tls.namedGroups", options.get("groups"));
        }
        int connections = Integer.parseInt(options.getOrDefault("connections", "1"));
        if (arguments[0].equals("client")) {
            SSLContext context = context();
            for (; connections > 0; connections--) {
                client(context);
            }
        } else {
            server(connections);
        }
    }

    static void client(SSLContext context) throws Exception {
        int port = Integer.parseInt(options.get("port"));
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port);
        SSLParameters parameters = parameters(socket.getSSLParameters());
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        Thread sender = new Thread(() -> {
            try (InputStream file = new FileInputStream(options.get("file"))) {
                file.transferTo(socket.getOutputStream());
                socket.shutdownOutput();
            } catch (Exception error) {
                error.printStackTrace();
                System.exit(1);
            }
        });
        sender.start();
        tell(socket, OutputStream.nullOutputStream());
        sender.join();
    }

    static void server(int connections) throws Exception {
        SSLServerSocket listener = (SSLServerSocket) context().getServerSocketFactory().createServerSocket(0, 1,
            InetAddress.getLoopbackAddress());
        SSLParameters parameters = parameters(listener.getSSLParameters());
        parameters.setNeedClientAuth(options.containsKey("ca"));
        listener.setSSLParameters(parameters);
        System.out.println(listener.getLocalPort());
        for (; connections > 0; connections--) {
            SSLSocket socket = (SSLSocket) listener.accept();
            tell(socket, socket.getOutputStream());
            socket.shutdownOutput();
        }
    }

    static SSLParameters parameters(SSLParameters parameters) {
        parameters.setProtocols(new String[] {options.getOrDefault("version", "TLSv1.3")});
        if (options.containsKey("alpn")) {
            parameters.setApplicationProtocols(options.get("alpn").split(","));
        }
        return parameters;
    }

    /** Hears everything, passes it on, and says what is known. */
    static void tell(SSLSocket socket, OutputStream copy) throws Exception {
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        InputStream input = socket.getInputStream();
        byte[] buffer = new byte[1 << 16];
        long bytes = 0;
        for (int len; (len = input.read(buffer)) >= 0; bytes += len) {
            hash.update(buffer, 0, len);
            copy.write(buffer, 0, len);
        }
        String peer = "null";
        try {
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            peer = "\"" + shown.getSubjectX500Principal().getName().replace("CN=", "") + "\"";
        } catch (SSLPeerUnverifiedException none) {
            // It showed none.
        }
        System.out.printf(
            "{\"version\":\"%s\",\"cipher\":\"%s\",\"group\":null,\"protocol\":\"%s\",\"peer\":%s,\"bytes\":%d,\"hash\":\"%s\"}%n",
            socket.getSession().getProtocol(), socket.getSession().getCipherSuite(), socket.getApplicationProtocol(),
            peer, bytes, HexFormat.of().formatHex(hash.digest()));
    }

    static SSLContext context() throws Exception {
        char[] password = "of a store in memory".toCharArray();
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
        KeyStore identity = KeyStore.getInstance("PKCS12");
        identity.load(null);
        if (options.containsKey("cert")) {
            identity.setKeyEntry("own", key(), password, certificates("cert"));
        }
        own.init(identity, password);
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null);
        if (options.containsKey("ca")) {
            anchors.setCertificateEntry("ca", certificates("ca")[0]);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(anchors);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        // Without anchors there is nobody to trust, and the server asks nobody.
        context.init(own.getKeyManagers(), options.containsKey("ca") ? trust.getTrustManagers() : null, null);
        return context;
    }

    static Certificate[] certificates(String option) throws Exception {
        try (InputStream file = new FileInputStream(options.get(option))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(file).toArray(new Certificate[0]);
        }
    }

    static PrivateKey key() throws Exception {
        String pem = Files.readString(Path.of(options.get("key"))).replaceAll("-----[A-Z ]+-----", "");
        byte[] der = Base64.getMimeDecoder().decode(pem);
        for (String algorithm : Arrays.asList("EC", "RSA", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (InvalidKeySpecException another) {
                // It is a key of another kind.
            }
        }
        throw new IllegalArgumentException("an unknown kind of key");
    }
}
