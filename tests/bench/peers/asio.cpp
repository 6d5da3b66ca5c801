/*
 * asio.cpp - a TLS echo with Boost.Asio: one object for each connection, read some, write it back.
 *
 *     asio PORT CERTIFICATE KEY
 *
 * One thread, so the io_context is told that it needs no locks (its concurrency hint).
 */
#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

class Peer : public std::enable_shared_from_this<Peer>
{
  public:
    Peer(tcp::socket socket, ssl::context &context) : tls_(std::move(socket), context)
    {
    }

    void start()
    {
        tls_.async_handshake(ssl::stream_base::server,
                             [self = shared_from_this()](error_code error) {
                                 if (!error) {
                                     self->read();
                                 }
                             });
    }

  private:
    void read()
    {
        tls_.async_read_some(asio::buffer(data_),
                             [self = shared_from_this()](error_code error, std::size_t size) {
                                 error ? self->goodbye(error) : self->write(size);
                             });
    }

    void write(std::size_t size)
    {
        asio::async_write(tls_, asio::buffer(data_, size),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) {
                                  self->read();
                              }
                          });
    }

    void goodbye(error_code error)
    {
        if (error == asio::error::eof) { /* the peer said close_notify */
            tls_.async_shutdown([self = shared_from_this()](error_code) {});
        }
    }

    ssl::stream<tcp::socket> tls_;
    std::array<char, 16384> data_;
};

static void accept_next(tcp::acceptor &acceptor, ssl::context &context)
{
    acceptor.async_accept([&](error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Peer>(std::move(socket), context)->start();
        }
        accept_next(acceptor, context);
    });
}

static void configure(ssl::context &context, const char *certificate, const char *key)
{
    context.use_certificate_chain_file(certificate);
    context.use_private_key_file(key, ssl::context::pem);
    SSL_CTX_set_num_tickets(context.native_handle(), 1);
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set1_groups_list(context.native_handle(), "X25519:P-256");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        std::cerr << "usage: asio PORT CERTIFICATE KEY\n";
        return 64;
    }
    asio::io_context loop(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    ssl::context context(ssl::context::tls_server);
    tcp::endpoint where(asio::ip::address_v4::loopback(),
                        static_cast<unsigned short>(std::atoi(argv[1])));
    tcp::acceptor acceptor(loop, where);

    configure(context, argv[2], argv[3]);
    acceptor.listen(4096);
    accept_next(acceptor, context);
    loop.run();
}
