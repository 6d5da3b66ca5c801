/* A configuration is read whole, or everything that is wrong with it is told at once. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/keys.h"
#include "config/problems.h"
#include "config/units.h"
#include "suite.h"
#include "tls/defaults.h"

/* All problem lines, each with its newline. */
static char told[PROBLEMS_MAX * 1024];
static size_t told_lines;

static void tell(void *context, const char *line)
{
    size_t used = strlen(told);

    ck_assert_ptr_eq(context, told);
    ck_assert_ptr_null(strchr(line, '\n'));
    told_lines++;
    (void)snprintf(told + used, sizeof told - used, "%s\n", line);
}

static struct secho_config *parse_named(const char *text, const char *name)
{
    struct secho_config *config = NULL;

    told[0] = '\0';
    told_lines = 0;
    int rc = secho_config_parse(text, strlen(text), name, tell, told, &config);

    ck_assert_msg((rc == 0) == (config != NULL) && (rc == 0) == (told[0] == '\0'),
                  "%s: answers %d and tells: %s", text, rc, told);
    return config;
}

static struct secho_config *parse(const char *text)
{
    return parse_named(text, "s.json");
}

#define TLS       "\"tls\":{\"certificates\":[{\"chain\":\"c\",\"key\":\"k\"}]}"
#define LISTENERS "\"listeners\":[{\"port\":1," TLS "}]"

/* Two listeners with one port. */
#define TWO_PLACES(first, second)                                                                  \
    "{\"listeners\":[{\"address\":\"" first "\",\"port\":1," TLS "},\n{\"address\":\"" second      \
    "\",\"port\":1," TLS "}]}"

/* Each on its own line, so that the columns are easy to count. */
#define ROOT(keys)     "{" LISTENERS ",\n" keys "}"
#define LISTENER(keys) "{\"listeners\":[{\"port\":1," TLS ",\n" keys "}]}"
#define IN_TLS(keys)                                                                               \
    "{\"listeners\":[{\"port\":1,\"tls\":{\"certificates\":[{\"chain\":\"c\",\"key\":\"k\"}],"     \
    "\n" keys "}}]}"
#define CERTIFICATE(keys)                                                                          \
    "{\"listeners\":[{\"port\":1,\"tls\":{\"certificates\":[{\"chain\":\"c\",\"key\":\"k\","       \
    "\n" keys "}]}}]}"

#define A_DURATION "; write digits and a unit, as in \"500ms\", \"10s\", \"5m\" or \"1h\"\n"
#define A_SIZE     "; write digits and a unit, as in \"16B\", \"64KiB\", \"1MiB\" or \"1GiB\"\n"
#define NO_NAME(index, column)                                                                     \
    "s.json:2:" column ": /listeners/0/tls/certificates/0/names/" #index                           \
    ": is no name that a client can ask for; write it as in DNS, for example \"a.example\" or "    \
    "\"*.example\"\n"
#define LATER_IS ": not in this version; remove it\n"

static const struct {
    const char *name, *text, *problems;
} refused[] = {
    {"not JSON", "{\"listeners\":\n[{\"port\":01}]}",
     "s.json:2:10: /listeners/0/port: a number must not start with 0; remove the leading zeros\n"},
    {"no object", "[]", "s.json:1:1: /: must be an object, is an array; put it in { }\n"},
    {"nothing in it", "{}",
     "s.json:1:1: /listeners: is missing; add it: Where to listen, and what to speak there.\n"},
    {"no listener", "{\"listeners\":[]}", "s.json:1:14: /listeners: is empty; add at least one\n"},
    {"listeners of a wrong type", "{\"listeners\":{}}",
     "s.json:1:14: /listeners: must be an array, is an object; put it in [ ]\n"},
    {"a listener of a wrong type", "{\"listeners\":[8443]}",
     "s.json:1:15: /listeners/0: must be an object, is the number 8443; put it in { }\n"},
    {"no port", "{\"listeners\":[\n{" TLS "}]}",
     "s.json:2:1: /listeners/0/port: is missing; add it: The port; 0: any free one, told in the "
     "log.\n"},
    {"null", ROOT("\"user\":null"),
     "s.json:2:8: /user: must be a string, is null; put it in double quotes\n"},

    {"an unknown key", LISTENER("\"prot\":2"),
     "s.json:2:1: /listeners/0/prot: unknown key; did you mean \"port\"?\n"},
    {"an unknown key in capitals", LISTENER("\"Address\":\"::\""),
     "s.json:2:1: /listeners/0/Address: unknown key; did you mean \"address\"?\n"},
    {"an unknown key with two letters swapped", ROOT("\"timeuots\":{}"),
     "s.json:2:1: /timeuots: unknown key; did you mean \"timeouts\"?\n"},
    {"a key in the wrong object", LISTENER("\"ciphers\":\"\""),
     "s.json:2:1: /listeners/0/ciphers: unknown key; \"ciphers\" belongs into \"tls\", the nearest "
     "key here is \"address\"\n"},
    {"a key of the root in a listener", LISTENER("\"user\":\"\""),
     "s.json:2:1: /listeners/0/user: unknown key; \"user\" belongs to the root, the nearest key "
     "here is \"name\"\n"},
    {"a pointer is escaped", ROOT("\"a/b~c\\u001b\":1"),
     "s.json:2:1: /a~1b~0c\\u001b: unknown key; did you mean \"admin\"?\n"},
    {"a long key is cut", ROOT("\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":1"),
     "s.json:2:1: /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: unknown key; did you mean "
     "\"workers\"?\n"},
    {"$schema elsewhere", LISTENER("\"$schema\":\"x\""),
     "s.json:2:1: /listeners/0/$schema: unknown key; did you mean \"name\"?\n"},
    {"$schema of a wrong type", ROOT("\"$schema\":1"),
     "s.json:2:11: /$schema: must be a string, is the number 1; give the path of the schema\n"},
    {"a key twice", ROOT("\"user\":\"a\",\n\"user\":\"b\""),
     "s.json:3:1: /user: duplicate key, first on line 2; remove one of them\n"},
    {"a key twice, once in escapes", ROOT("\"user\":\"a\",\n\"\\u0075ser\":\"a\""),
     "s.json:3:1: /user: duplicate key, first on line 2; remove one of them\n"},
    {"listeners twice", "{" LISTENERS ",\n" LISTENERS "}",
     "s.json:2:1: /listeners: duplicate key, first on line 1; remove one of them\n"},

    {"a port too high", LISTENER("\"name\":\"a\"},{\"transport\":\"tcp\",\n\"port\":70000"),
     "s.json:3:8: /listeners/1/port: must be 0..65535, is 70000\n"},
    {"a port too low", "{\"listeners\":[{\"port\":-1," TLS "}]}",
     "s.json:1:23: /listeners/0/port: must be 0..65535, is -1\n"},
    {"a port as a string", "{\"listeners\":[{\"port\":\"8443\"," TLS "}]}",
     "s.json:1:23: /listeners/0/port: must be a whole number, is the string \"8443\"; write digits "
     "without quotes\n"},
    {"a fraction", "{\"listeners\":[{\"port\":1.5," TLS "}]}",
     "s.json:1:23: /listeners/0/port: must be a whole number, is the number 1.5; remove the "
     "fraction\n"},
    {"a number beyond every int", ROOT("\"limits\":{\"backlog\":4294967297}"),
     "s.json:2:21: /limits/backlog: must be 1..65535, is 4294967297\n"},
    {"a number beyond every double", ROOT("\"limits\":{\"backlog\":1e999}"),
     "s.json:2:21: /limits/backlog: must be 1..65535, is 1e999\n"},
    {"no connection", ROOT("\"limits\":{\"connections\":0}"),
     "s.json:2:25: /limits/connections: must be 1..10000000, is 0\n"},
    {"a boolean as a string", ROOT("\"watch\":\"no\""),
     "s.json:2:9: /watch: must be true or false, is the string \"no\"; write it without quotes\n"},
    {"an unknown level", ROOT("\"log\":{\"level\":\"loud\"}"),
     "s.json:2:16: /log/level: must be one of \"error\", \"warn\", \"info\", \"debug\", is the "
     "string "
     "\"loud\"\n"},
    {"a level as a number", ROOT("\"log\":{\"level\":3}"),
     "s.json:2:16: /log/level: must be one of \"error\", \"warn\", \"info\", \"debug\", is the "
     "number "
     "3\n"},
    {"an unknown transport", LISTENER("\"transport\":\"TLS\""),
     "s.json:2:13: /listeners/0/transport: must be one of \"tls\", \"dtls\", \"tcp\", \"udp\", is "
     "the string \"TLS\"\n"},
    {"an old version", IN_TLS("\"min_version\":\"1.1\""),
     "s.json:2:15: /listeners/0/tls/min_version: must be one of \"1.2\", \"1.3\", is the string "
     "\"1.1\"\n"},
    {"a version as a number", IN_TLS("\"max_version\":1.3"),
     "s.json:2:15: /listeners/0/tls/max_version: must be one of \"1.2\", \"1.3\", is the number "
     "1.3\n"},
    {"a string that a terminal would obey", ROOT("\"log\":{\"format\":\"\xc2\x9b\x7f\"}"),
     "s.json:2:17: /log/format: must be one of \"text\", \"json\", is the string "
     "\"\\u009b\\u007f\"\n"},

    {"a duration as a number", ROOT("\"timeouts\":{\"idle\":10}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the number 10" A_DURATION},
    {"a duration without a unit", ROOT("\"timeouts\":{\"idle\":\"10\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"10\"" A_DURATION},
    {"a unit without a number", ROOT("\"timeouts\":{\"idle\":\"s\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"s\"" A_DURATION},
    {"a negative duration", ROOT("\"timeouts\":{\"idle\":\"-1s\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"-1s\"" A_DURATION},
    {"a fraction of a second", ROOT("\"timeouts\":{\"idle\":\"1.5s\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"1.5s\"" A_DURATION},
    {"a space before the unit", ROOT("\"timeouts\":{\"idle\":\"10 s\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"10 s\"" A_DURATION},
    {"a space behind the unit", ROOT("\"timeouts\":{\"idle\":\"10s \"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"10s \"" A_DURATION},
    {"a unit in capitals", ROOT("\"timeouts\":{\"idle\":\"5M\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"5M\"" A_DURATION},
    {"a day", ROOT("\"timeouts\":{\"idle\":\"1d\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"1d\"" A_DURATION},
    {"two units", ROOT("\"timeouts\":{\"idle\":\"1m30s\"}"),
     "s.json:2:20: /timeouts/idle: must be a duration, is the string \"1m30s\"" A_DURATION},
    {"more than a year", ROOT("\"timeouts\":{\"idle\":\"8761h\"}"),
     "s.json:2:20: /timeouts/idle: must be \"0s\"..\"8760h\", is \"8761h\"\n"},
    {"a duration beyond 64 bits", ROOT("\"timeouts\":{\"idle\":\"99999999999999999999h\"}"),
     "s.json:2:20: /timeouts/idle: must be \"0s\"..\"8760h\", is \"99999999999999999999h\"\n"},
    {"no time for a goodbye", ROOT("\"timeouts\":{\"goodbye\":\"0s\"}"),
     "s.json:2:23: /timeouts/goodbye: must be \"1ms\"..\"8760h\", is \"0s\"\n"},
    {"a size as a number", ROOT("\"limits\":{\"bytes_per_connection\":1}"),
     "s.json:2:34: /limits/bytes_per_connection: must be a size, is the number 1" A_SIZE},
    {"a size with a unit of powers of ten", ROOT("\"limits\":{\"bytes_per_connection\":\"1kB\"}"),
     "s.json:2:34: /limits/bytes_per_connection: must be a size, is the string \"1kB\"" A_SIZE},
    {"a size beyond 64 bits",
     ROOT("\"limits\":{\"bytes_per_connection\":\"9223372036854775808B\"}"),
     "s.json:2:34: /limits/bytes_per_connection: must be \"0B\"..\"1048576GiB\", is "
     "\"9223372036854775808B\"\n"},

    {"processes in words", ROOT("\"workers\":{\"processes\":\"two\"}"),
     "s.json:2:24: /workers/processes: must be a whole number or \"auto\", is the string \"two\"; "
     "\"auto\" means one for each CPU\n"},
    {"no process", ROOT("\"workers\":{\"processes\":0}"),
     "s.json:2:24: /workers/processes: must be 1..64, is 0\n"},
    {"too many threads in all", ROOT("\"workers\":{\"processes\":13,\"threads\":5}"),
     "s.json:2:11: /workers: processes x threads must be at most 64, is 13 x 5; lower one of "
     "them\n"},

    {"a host name", LISTENER("\"address\":\"localhost\""),
     "s.json:2:11: /listeners/0/address: must be an IPv4 or IPv6 address, is \"localhost\"; write "
     "\"::\" for every address of this machine, or \"127.0.0.1\" for itself only\n"},
    {"an address in brackets", LISTENER("\"address\":\"[::1]\""),
     "s.json:2:11: /listeners/0/address: must be an IPv4 or IPv6 address, is \"[::1]\"; write "
     "\"::\" for every address of this machine, or \"127.0.0.1\" for itself only\n"},
    {"an address that only inet_aton(3) takes", LISTENER("\"address\":\"127.1\""),
     "s.json:2:11: /listeners/0/address: must be an IPv4 or IPv6 address, is \"127.1\"; write "
     "\"::\" for every address of this machine, or \"127.0.0.1\" for itself only\n"},
    {"no address at all", LISTENER("\"address\":\"\""),
     "s.json:2:11: /listeners/0/address: must be an IPv4 or IPv6 address, is \"\"; write \"::\" "
     "for "
     "every address of this machine, or \"127.0.0.1\" for itself only\n"},
    {"a name with a space", LISTENER("\"name\":\"a b\""),
     "s.json:2:8: /listeners/0/name: must be 1..64 letters, digits, '-', '_' or '.', is \"a b\"; "
     "rename it\n"},
    {"an empty name", LISTENER("\"name\":\"\""),
     "s.json:2:8: /listeners/0/name: must be 1..64 letters, digits, '-', '_' or '.', is \"\"; "
     "rename "
     "it\n"},
    {"a name twice",
     "{\"listeners\":[{\"name\":\"a\",\"port\":1," TLS "},\n{\"name\":\"a\",\"port\":2," TLS "}]}",
     "s.json:2:9: /listeners/1/name: the name \"a\" is taken by /listeners/0; choose another\n"},
    {"a name that the first one has by default",
     "{\"listeners\":[{\"port\":1," TLS "},\n{\"name\":\"listener-0\",\"port\":2," TLS "}]}",
     "s.json:2:9: /listeners/1/name: the name \"listener-0\" is taken by /listeners/0; choose "
     "another\n"},
    {"an address and port twice", "{\"listeners\":[{\"port\":1," TLS "},\n{\"port\":1," TLS "}]}",
     "s.json:2:9: /listeners/1/port: /listeners/0 listens on port 1 of this address already; "
     "choose "
     "another port\n"},
    {"the same address in two spellings",
     "{\"listeners\":[{\"address\":\"::1\",\"port\":1," TLS
     "},\n{\"address\":\"0:0::1\",\"port\":1," TLS "}]}",
     "s.json:2:28: /listeners/1/port: /listeners/0 listens on port 1 of this address already; "
     "choose "
     "another port\n"},
    {"every address twice",
     "{\"listeners\":[{\"port\":1," TLS "},\n{\"address\":\"0.0.0.0\",\"port\":1," TLS "}]}",
     "s.json:2:29: /listeners/1/port: /listeners/0 listens on port 1 already, and \"::\" includes "
     "\"0.0.0.0\"; choose another port\n"},
    {"every address, and one of them", TWO_PLACES("::", "127.0.0.1"),
     "s.json:2:31: /listeners/1/port: /listeners/0 listens on port 1 already, and \"::\" includes "
     "\"127.0.0.1\"; choose another port\n"},
    {"one address, and then every one", TWO_PLACES("fe80::1%eth0", "::"),
     "s.json:2:24: /listeners/1/port: /listeners/0 listens on port 1 already, and \"::\" includes "
     "\"fe80::1%eth0\"; choose another port\n"},
    {"every IPv4 address, and one of them", TWO_PLACES("0.0.0.0", "::ffff:127.0.0.1"),
     "s.json:2:38: /listeners/1/port: /listeners/0 listens on port 1 already, and \"0.0.0.0\" "
     "includes \"::ffff:127.0.0.1\"; choose another port\n"},
    {"of three, the first that has the port is named",
     "{\"listeners\":[{\"port\":2," TLS "},{\"port\":1," TLS "},\n"
     "{\"address\":\"::1\",\"port\":1," TLS "}]}",
     "s.json:2:25: /listeners/2/port: /listeners/1 listens on port 1 already, and \"::\" includes "
     "\"::1\"; choose another port\n"},

    {"no tls", "{\"listeners\":[\n{\"port\":1}]}",
     "s.json:2:1: /listeners/0/tls: is missing; add { \"certificates\": [ { \"chain\": \"FILE\", "
     "\"key\": \"FILE\" } ] }, or set transport to \"tcp\"\n"},
    {"tls and no certificates", "{\"listeners\":[{\"port\":1,\n\"tls\":{}}]}",
     "s.json:2:7: /listeners/0/tls/certificates: is missing; add it: The first is the default "
     "one; see CERTIFICATES BY NAME.\n"},
    {"certificates and none in it",
     "{\"listeners\":[{\"port\":1,\n\"tls\":{\"certificates\":[]}}]}",
     "s.json:2:23: /listeners/0/tls/certificates: is empty; add at least one\n"},
    {"a certificate without a key",
     "{\"listeners\":[{\"port\":1,\n\"tls\":{\"certificates\":[{\"chain\":\"c\"}]}}]}",
     "s.json:2:24: /listeners/0/tls/certificates/0/key: is missing; add it: Its private key, PEM, "
     "not encrypted.\n"},
    {"a certificate without a path",
     "{\"listeners\":[{\"port\":1,\n\"tls\":{\"certificates\":[{\"chain\":\"\",\"key\":\"k\"}]}}]}",
     "s.json:2:33: /listeners/0/tls/certificates/0/chain: is empty; give the path of a file\n"},
    {"tls for tcp", LISTENER("\"transport\":\"tcp\""),
     "s.json:1:25: /listeners/0/tls: a listener for tcp or udp has no TLS; remove it, or set "
     "transport to \"tls\"\n"},
    {"versions upside down", IN_TLS("\"max_version\":\"1.2\",\n\"min_version\":\"1.3\""),
     "s.json:3:15: /listeners/0/tls/min_version: must not be above max_version; lower it, or raise "
     "max_version\n"},

    {"dtls", LISTENER("\"transport\":\"dtls\""),
     "s.json:2:13: /listeners/0/transport: \"dtls\" is not in this version; remove it, or use one "
     "of "
     "\"tls\", \"tcp\"\n"},
    {"udp", "{\"listeners\":[{\"port\":1,\n\"transport\":\"udp\"}]}",
     "s.json:2:13: /listeners/0/transport: \"udp\" is not in this version; remove it, or use one "
     "of "
     "\"tls\", \"tcp\"\n"},
    {"the values of admin are checked", ROOT("\"admin\":{\"expose\":true,\"port\":-1}"),
     "s.json:2:31: /admin/port: must be 0..65535, is -1\n"},
    {"an admin address that others can reach", ROOT("\"admin\":{\"address\":\"192.0.2.1\"}"),
     "s.json:2:20: /admin/address: others can reach 192.0.2.1; use \"127.0.0.1\", or set "
     "\"expose\" "
     "to true and name the file of a \"token\"\n"},
    {"an admin address that is none", ROOT("\"admin\":{\"address\":\"localhost\"}"),
     "s.json:2:20: /admin/address: must be an IPv4 or IPv6 address, is \"localhost\"; write \"::\" "
     "for every address of this machine, or \"127.0.0.1\" for itself only\n"},
    {"all addresses", ROOT("\"admin\":{\"address\":\"::\",\"token\":\"t\"}"),
     "s.json:2:20: /admin/address: others can reach ::; use \"127.0.0.1\", or set \"expose\" to "
     "true "
     "and name the file of a \"token\"\n"},
    {"exposed without a token", ROOT("\"admin\":{\"address\":\"192.0.2.1\",\"expose\":true}"),
     "s.json:2:9: /admin/token: is needed where others can reach the admin listener; name a file "
     "whose first line is a secret of at least 16 characters\n"},
    {"the admin port is a listener's",
     "{\"listeners\":[{\"port\":1,\"transport\":\"tcp\"}],\n\"admin\":{\"port\":1}}",
     "s.json:2:17: /admin/port: /listeners/0 listens on port 1 already, and \"::\" includes "
     "\"127.0.0.1\"; choose another port\n"},
    {"the path of an admin socket is too long",
     ROOT(
         "\"admin\":{\"socket\":\"/0123456789012345678901234567890123456789012345678901234567890123"
         "4567890123456789012345678901234567890123456\"}"),
     "s.json:2:19: /admin/socket: is longer than the 107 bytes that a Unix socket's path may have; "
     "choose a shorter one\n"},
    {"peers", ROOT("\"peers\":[\"a\"]"), "s.json:2:1: /peers" LATER_IS},
    {"peers of a wrong type", ROOT("\"peers\":[1]"),
     "s.json:2:10: /peers/0: must be a string, is the number 1; put it in double quotes\n"},
    {"proxy_protocol by number", LISTENER("\"proxy_protocol\":1"),
     "s.json:2:18: /listeners/0/proxy_protocol: must be true or false, is the number 1; write it "
     "without quotes\n"},
    {"proxy_protocol_from a name, and with bits too many",
     LISTENER("\"proxy_protocol_from\":[\"::1\",\"lb.test\",\n\"10.1.2.3/8\",1]"),
     "s.json:2:30: /listeners/0/proxy_protocol_from/1: must be an address or a prefix such as "
     "\"10.0.0.0/8\" or \"fd00::/8\", is \"lb.test\"\n"
     "s.json:3:1: /listeners/0/proxy_protocol_from/2: must have no bits behind its length, as in "
     "\"10.0.0.0/8\" (not \"10.1.2.3/8\"), is \"10.1.2.3/8\"\n"
     "s.json:3:14: /listeners/0/proxy_protocol_from/3: must be a string, is the number 1; put it "
     "in "
     "double quotes\n"},
    {"mtu", LISTENER("\"mtu\":1400"), "s.json:2:1: /listeners/0/mtu" LATER_IS},
    {"names that nobody can ask for",
     CERTIFICATE("\"names\":[\"a\",\"a b\",\"*\",\"a.*.b\",\"a..b\",\"*.a\"]"),
     NO_NAME(1, "14") NO_NAME(2, "20") NO_NAME(3, "24") NO_NAME(4, "32")},
    {"the protocol of the report", IN_TLS("\"alpn\":[\"h2\",\n\"secho-report/1\"]"),
     "s.json:3:1: /listeners/0/tls/alpn/1: is what \"report\" of the listener switches on and off; "
     "remove it here\n"},
    {"protocols without a name", IN_TLS("\"alpn\":[\"h2\",\"\"]"),
     "s.json:2:14: /listeners/0/tls/alpn/1: is empty; name a protocol, for example \"h2\"\n"},
    {"client certificates without a CA", IN_TLS("\"client_auth\":{\"mode\":\"require\"}"),
     "s.json:2:15: /listeners/0/tls/client_auth/ca: is missing; name the file or folder with the "
     "CAs of client certificates\n"},
    {"who may come in, but everybody may", IN_TLS("\"client_auth\":{\"allow\":{\"dns\":[\"a\"]}}"),
     "s.json:2:15: /listeners/0/tls/client_auth: says who may come in, but its mode is \"none\", "
     "so everybody may; set mode to \"require\" or \"request\", or remove the rest\n"},
    {"entries that nobody can have",
     IN_TLS("\"client_auth\":{\"mode\":\"require\",\"ca\":\"c\",\n\"allow\":{\"cn\":[\"\"],"
            "\n\"spki_sha256\":[\"0g\"]}}"),
     "s.json:3:16: /listeners/0/tls/client_auth/allow/cn/0: is empty; remove it\n"
     "s.json:4:16: /listeners/0/tls/client_auth/allow/spki_sha256/0: must be the 64 hexadecimal "
     "digits of a SHA-256; see secho.json(5), CLIENT CERTIFICATES\n"},
    {"too many tickets", IN_TLS("\"tickets\":{\"count\":17}"),
     "s.json:2:20: /listeners/0/tls/tickets/count: must be 0..16, is 17\n"},
    {"more early data than is good", IN_TLS("\"early_data\":\"2MiB\""),
     "s.json:2:14: /listeners/0/tls/early_data: must be \"0B\"..\"1MiB\", is \"2MiB\"\n"},
    {"more early data than a connection may carry",
     "{\"limits\":{\"bytes_per_connection\":\"1KiB\"},\"listeners\":[{\"port\":1,\"tls\":{"
     "\"certificates\":[{\"chain\":\"c\",\"key\":\"k\"}],\n\"early_data\":\"16KiB\"}}]}",
     "s.json:2:14: /listeners/0/tls/early_data: is more than /limits/bytes_per_connection; make it "
     "smaller, or raise that\n"},
    {"early data without TLS 1.3", IN_TLS("\"early_data\":\"16KiB\",\n\"max_version\":\"1.2\""),
     "s.json:2:14: /listeners/0/tls/early_data: needs TLS 1.3, but max_version is \"1.2\"; raise "
     "max_version, or remove it\n"},
    {"early data without tickets", IN_TLS("\"early_data\":\"16KiB\",\n\"tickets\":{\"count\":0}"),
     "s.json:2:14: /listeners/0/tls/early_data: needs tickets, which clients resume with, but "
     "tickets.count is 0; raise tickets.count, or remove it\n"},

    {"everything at once, in the order of the file",
     "{\"workers\":{\"threads\":0},\n\"lisseners\":[],\n\"listeners\":[{\"port\":-1},\n"
     "{\"port\":\"x\",\"transport\":\"tcp\"}],\n\"user\":1}",
     "s.json:1:23: /workers/threads: must be 1..64, is 0\n"
     "s.json:2:1: /lisseners: unknown key; did you mean \"listeners\"?\n"
     "s.json:3:14: /listeners/0/tls: is missing; add { \"certificates\": [ { \"chain\": \"FILE\", "
     "\"key\": \"FILE\" } ] }, or set transport to \"tcp\"\n"
     "s.json:3:22: /listeners/0/port: must be 0..65535, is -1\n"
     "s.json:4:9: /listeners/1/port: must be a whole number, is the string \"x\"; write digits "
     "without quotes\n"
     "s.json:5:8: /user: must be a string, is the number 1; put it in double quotes\n"},
};

START_TEST(it_tells_what_is_wrong_where_and_what_to_do)
{
    struct secho_config *config = parse(refused[_i].text);

    ck_assert_msg(config == NULL, "%s: passed", refused[_i].name);
    ck_assert_msg(strcmp(told, refused[_i].problems) == 0, "%s: tells\n%snot\n%s", refused[_i].name,
                  told, refused[_i].problems);
}
END_TEST

/* What is right at the edge of what is wrong above. */
static const char *const accepted[] = {
    ROOT("\"$schema\":\"./secho.schema.json\""),
    ROOT("\"limits\":{\"connections\":1,\"backlog\":65535}"),
    ROOT("\"limits\":{\"connections\":1e4}"),
    ROOT("\"limits\":{\"connections\":10000.0}"),
    ROOT("\"timeouts\":{\"idle\":\"0s\",\"handshake\":\"0ms\",\"write\":\"0h\",\"goodbye\":"
         "\"1ms\"}"),
    ROOT("\"timeouts\":{\"idle\":\"8760h\",\"drain\":\"525600m\"}"),
    ROOT("\"timeouts\":{\"age\":\"0ms\",\"reload_drain\":\"60m\"}"),
    ROOT("\"timeouts\":{\"age\":\"1h\"}"),
    ROOT("\"watch\":false,\"peers\":[]"),
    ROOT("\"limits\":{\"connections_per_address\":1,\"bytes_per_connection\":\"1GiB\"}"),
    ROOT("\"limits\":{\"handshakes_per_second\":1,\"handshakes_per_second_per_address\":2}"),
    ROOT("\"limits\":{\"handshakes_in_flight\":1000,\"bytes_per_connection\":\"0GiB\"}"),
    ROOT("\"workers\":{\"processes\":8,\"threads\":8}"),
    ROOT("\"workers\":{\"processes\":\"auto\",\"threads\":64}"),
    LISTENER("\"address\":\"fe80::1%eth0\""),
    LISTENER("\"address\":\"::ffff:127.0.0.1\""),
    LISTENER("\"name\":\"a-Z_0.9\",\"report\":true,\"mtu\":0,\"proxy_protocol\":false"),
    LISTENER("\"proxy_protocol\":true,\"proxy_protocol_from\":[]"),
    LISTENER(
        "\"proxy_protocol\":true,\"proxy_protocol_from\":[\"10.0.0.0/8\",\"fd00::/8\",\"::1\"]"),
    LISTENER("\"proxy_protocol_from\":[\"192.0.2.1\"]"),
    "{\"listeners\":[{\"port\":7,\"transport\":\"tcp\",\"proxy_protocol\":true}]}",
    IN_TLS("\"client_auth\":{\"mode\":\"none\",\"ca\":\"\",\"allow\":{\"dns\":[]}}"),
    IN_TLS("\"tickets\":{\"count\":1,\"keys\":\"\"},\"early_data\":\"0B\",\"key_log\":\"\""),
    IN_TLS("\"min_version\":\"1.3\",\"alpn\":[],\"unknown_name\":\"default\""),
    CERTIFICATE("\"names\":[],\"ocsp\":\"\""),
    "{\"listeners\":[{\"port\":0," TLS "},{\"port\":0," TLS "}]}",
    "{\"listeners\":[{\"port\":0," TLS "},{\"address\":\"127.0.0.1\",\"port\":0," TLS "}]}",
    "{\"listeners\":[{\"port\":1," TLS "},{\"address\":\"127.0.0.1\",\"port\":2," TLS "}]}",
    TWO_PLACES("127.0.0.1", "127.0.0.2"),
    TWO_PLACES("127.0.0.1", "::1"),
    TWO_PLACES("0.0.0.0", "::1"),
    TWO_PLACES("fe80::1%eth0", "fe80::1%eth1"),
    "{\"listeners\":[{\"port\":7,\"transport\":\"tcp\"}]}",
};

START_TEST(it_accepts_what_is_right)
{
    struct secho_config *config = parse(accepted[_i]);

    ck_assert_msg(config != NULL, "%s: %s", accepted[_i], told);
    secho_config_free(config);
}
END_TEST

START_TEST(keys_that_are_absent_have_their_defaults)
{
    struct secho_config *config = parse("{\"listeners\":[{\"port\":8443," TLS "}]}");
    const struct config_listener *listener = &config->listeners[0];

    ck_assert_str_eq(config->path, "s.json");
    ck_assert_int_ge(config->workers.processes, 1);
    ck_assert_int_le(config->workers.processes, 64);
    ck_assert_int_eq(config->workers.threads, 1);
    ck_assert_str_eq(config->user, "");
    ck_assert_int_eq(config->log.level, SECHO_LEVEL_INFO);
    ck_assert_int_eq(config->log.format, LOG_FORMAT_TEXT);
    ck_assert_int_eq(config->limits.connections, 10000);
    ck_assert_int_eq(config->limits.handshakes_in_flight, 1000);
    ck_assert_int_eq(config->limits.backlog, 4096);
    ck_assert_int_eq(config->timeouts.handshake_ms, 10000);
    ck_assert_int_eq(config->timeouts.idle_ms, 300000);
    ck_assert_int_eq(config->timeouts.write_ms, 30000);
    ck_assert_int_eq(config->timeouts.goodbye_ms, 5000);
    ck_assert_int_eq(config->timeouts.age_ms, 0);
    ck_assert_int_eq(config->timeouts.drain_ms, 30000);
    ck_assert_int_eq(config->timeouts.reload_drain_ms, 3600000);
    ck_assert(!config->admin.present);
    ck_assert(!config->watch);
    ck_assert_uint_eq(config->peers.count, 0);
    ck_assert_uint_eq(config->listener_count, 1);
    ck_assert_str_eq(listener->name, "listener-0");
    ck_assert_str_eq(listener->pointer, "/listeners/0");
    ck_assert_str_eq(listener->address, "::");
    ck_assert_int_eq(listener->port, 8443);
    ck_assert_int_eq(listener->transport, TRANSPORT_TLS);
    ck_assert(listener->report);
    ck_assert_int_eq(listener->tls.min_version, 0x0303);
    ck_assert_int_eq(listener->tls.max_version, 0x0304);
    ck_assert_str_eq(listener->tls.ciphers, "");
    ck_assert_int_eq(listener->tls.client_auth.mode, CLIENT_AUTH_NONE);
    ck_assert_int_eq(listener->tls.tickets.count, 1);
    secho_config_free(config);
}
END_TEST

START_TEST(values_arrive_in_their_fields)
{
    struct secho_config *config = parse(
        "{\"workers\":{\"processes\":3,\"threads\":2},\"user\":\"secho\","
        "\"log\":{\"level\":\"debug\",\"format\":\"json\"},"
        "\"limits\":{\"connections\":5,\"backlog\":6},"
        "\"timeouts\":{\"handshake\":\"500ms\",\"idle\":\"0s\",\"write\":\"2m\",\"drain\":\"1h\"},"
        "\"listeners\":[{\"name\":\"one\",\"address\":\"127.0.0.1\",\"port\":0,\"tls\":{"
        "\"certificates\":[{\"chain\":\"c1\",\"key\":\"k1\"},{\"chain\":\"c2\",\"key\":\"k2\"}],"
        "\"min_version\":\"1.3\",\"ciphers\":\"A\",\"ciphersuites\":\"B\",\"groups\":\"C\","
        "\"signature_algorithms\":\"D\"}},"
        "{\"transport\":\"tcp\",\"port\":7}]}");
    const struct config_listener *one = &config->listeners[0], *two = &config->listeners[1];

    ck_assert_int_eq(config->workers.processes, 3);
    ck_assert_int_eq(config->workers.threads, 2);
    ck_assert_str_eq(config->user, "secho");
    ck_assert_int_eq(config->log.level, SECHO_LEVEL_DEBUG);
    ck_assert_int_eq(config->log.format, LOG_FORMAT_JSON);
    ck_assert_int_eq(config->limits.connections, 5);
    ck_assert_int_eq(config->limits.backlog, 6);
    ck_assert_int_eq(config->timeouts.handshake_ms, 500);
    ck_assert_int_eq(config->timeouts.idle_ms, 0);
    ck_assert_int_eq(config->timeouts.write_ms, 120000);
    ck_assert_int_eq(config->timeouts.drain_ms, 3600000);
    ck_assert_uint_eq(config->listener_count, 2);
    ck_assert_str_eq(one->name, "one");
    ck_assert_str_eq(one->address, "127.0.0.1");
    ck_assert_int_eq(one->port, 0);
    ck_assert_uint_eq(one->tls.certificate_count, 2);
    ck_assert_str_eq(one->tls.certificates[1].chain, "c2");
    ck_assert_str_eq(one->tls.certificates[1].key, "k2");
    ck_assert_int_eq(one->tls.min_version, 0x0304);
    ck_assert_str_eq(one->tls.ciphers, "A");
    ck_assert_str_eq(one->tls.ciphersuites, "B");
    ck_assert_str_eq(one->tls.groups, "C");
    ck_assert_str_eq(one->tls.signature_algorithms, "D");
    ck_assert_str_eq(two->name, "listener-1");
    ck_assert_str_eq(two->pointer, "/listeners/1");
    ck_assert_int_eq(two->transport, TRANSPORT_TCP);
    secho_config_free(config);
}
END_TEST

static const struct {
    const char *file, *path, *resolved;
} paths[] = {
    {"s.json", "c.pem", "c.pem"},         {"s.json", "../c.pem", "../c.pem"},
    {"etc/s.json", "c.pem", "etc/c.pem"}, {"/etc/secho/s.json", "../c.pem", "/etc/secho/../c.pem"},
    {"/s.json", "c.pem", "/c.pem"},       {"etc/s.json", "/c.pem", "/c.pem"},
};

START_TEST(relative_paths_are_relative_to_the_folder_of_the_file)
{
    char text[256];

    (void)snprintf(text, sizeof text,
                   "{\"listeners\":[{\"port\":1,\"tls\":{\"certificates\":[{\"chain\":\"%s\","
                   "\"key\":\"k\"}]}}]}",
                   paths[_i].path);
    struct secho_config *config = parse_named(text, paths[_i].file);

    ck_assert_str_eq(config->listeners[0].tls.certificates[0].chain, paths[_i].resolved);
    secho_config_free(config);
}
END_TEST

START_TEST(auto_never_makes_more_threads_than_the_limit)
{
    struct secho_config *config =
        parse(ROOT("\"workers\":{\"processes\":\"auto\",\"threads\":64}"));

    ck_assert_int_eq(config->workers.processes, 1);
    secho_config_free(config);
}
END_TEST

START_TEST(of_more_problems_than_the_limit_the_number_is_told)
{
    char text[8192] = "{" LISTENERS;
    size_t used = strlen(text);

    for (int i = 0; i < PROBLEMS_MAX + 7; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, ",\n\"x%d\":0", i);
    }
    (void)snprintf(text + used, sizeof text - used, "}");
    ck_assert_ptr_null(parse(text));
    ck_assert_uint_eq(told_lines, PROBLEMS_MAX + 1);
    ck_assert_ptr_nonnull(strstr(told, "s.json:51:1: /x49: unknown key"));
    ck_assert_ptr_nonnull(strstr(told, "\ns.json: and 7 more; mend these first\n"));
}
END_TEST

START_TEST(the_name_of_the_file_cannot_forge_a_line)
{
    ck_assert_ptr_null(parse_named("{", "a\nb\x1b.json"));
    ck_assert_ptr_eq(strstr(told, "a\\u000ab\\u001b.json:1:2: "), told);
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
    struct secho_config *config = NULL;

    ck_assert_int_eq(secho_config_parse("{}", 2, "x", NULL, NULL, &config), -1);
    ck_assert_int_eq(secho_config_load("/nowhere", NULL, NULL, &config), -1);
    ck_assert_ptr_null(config);
    secho_config_free(NULL);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told_with_its_path)
{
    struct secho_config *config = NULL;

    told[0] = '\0';
    ck_assert_int_eq(secho_config_load("/no/such.json", tell, told, &config), -1);
    ck_assert_str_eq(told,
                     "/no/such.json: cannot be read: No such file or directory; give the path "
                     "of a file that can\n");
}
END_TEST

/* ---- -T ---- */

static cJSON *printed(const struct secho_config *config)
{
    char *text = config_print(config);

    ck_assert_ptr_nonnull(text);
    cJSON *root = cJSON_Parse(text);

    free(text);
    ck_assert_ptr_nonnull(root);
    return root;
}

/* The value of a pointer without escapes, as JSON. The caller frees it. */
static char *value_at(const cJSON *root, const char *pointer)
{
    char copy[128];
    char *rest = copy, *part;

    (void)snprintf(copy, sizeof copy, "%s", pointer + 1);
    while ((part = strsep(&rest, "/")) != NULL) {
        root = cJSON_IsArray(root) ? cJSON_GetArrayItem(root, (int)strtol(part, NULL, 10))
                                   : cJSON_GetObjectItemCaseSensitive(root, part);
    }
    return root != NULL ? cJSON_PrintUnformatted(root) : NULL;
}

static const struct {
    const char *pointer, *value; /* NULL: not there */
} effective[] = {
    {"/workers/threads", "1"},
    {"/log/level", "\"info\""},
    {"/limits/connections", "10000"},
    {"/limits/bytes_per_connection", "\"0B\""},
    {"/timeouts/handshake", "\"10s\""},
    {"/timeouts/idle", "\"90s\""},
    {"/timeouts/age", "\"0s\""},
    {"/admin", NULL},
    {"/watch", "false"},
    {"/peers", "[]"},
    {"/listeners/0/name", "\"listener-0\""},
    {"/listeners/0/address", "\"::\""},
    {"/listeners/0/port", "0"},
    {"/listeners/0/transport", "\"tls\""},
    {"/listeners/0/report", "true"},
    {"/listeners/0/tls/certificates",
     "[{\"chain\":\"d/c\",\"key\":\"d/k\",\"names\":[],\"ocsp\":\"\"}]"},
    {"/listeners/0/tls/min_version", "\"1.2\""},
    {"/listeners/0/tls/ciphers", "\"" DEFAULTS_CIPHERS "\""},
    {"/listeners/0/tls/ciphersuites", "\"" DEFAULTS_CIPHERSUITES "\""},
    {"/listeners/0/tls/groups", "\"P-384\""},
    {"/listeners/0/tls/client_auth/mode", "\"none\""},
    {"/listeners/0/tls/client_auth/allow/cn", "[]"},
    {"/listeners/0/tls/tickets/count", "1"},
    {"/listeners/0/tls/key_log", "\"\""},
    {"/listeners/1/transport", "\"tcp\""},
    {"/listeners/1/tls", NULL},
};

START_TEST(the_effective_configuration_has_every_value)
{
    struct secho_config *config =
        parse_named("{\"timeouts\":{\"idle\":\"90s\"},\"listeners\":[{\"port\":0,\"tls\":{"
                    "\"groups\":\"P-384\",\"certificates\":[{\"chain\":\"c\",\"key\":\"k\"}]}},"
                    "{\"port\":7,\"transport\":\"tcp\"}]}",
                    "d/s.json");
    cJSON *root = printed(config);

    for (size_t i = 0; i < COUNT(effective); i++) {
        char *value = value_at(root, effective[i].pointer);

        ck_assert_msg(effective[i].value == NULL
                          ? value == NULL
                          : value != NULL && strcmp(value, effective[i].value) == 0,
                      "%s is %s", effective[i].pointer, value);
        free(value);
    }
    cJSON *processes = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(root, "workers"), "processes");

    ck_assert_msg(cJSON_IsNumber(processes), "auto is not resolved");
    cJSON_Delete(root);
    secho_config_free(config);
}
END_TEST

START_TEST(the_effective_groups_and_signatures_are_never_empty)
{
    struct secho_config *config = parse("{" LISTENERS "}");
    cJSON *root = printed(config);
    char *groups = value_at(root, "/listeners/0/tls/groups");
    char *signatures = value_at(root, "/listeners/0/tls/signature_algorithms");

    ck_assert_ptr_nonnull(strstr(groups, defaults_groups()));
    ck_assert_ptr_nonnull(strstr(signatures, defaults_signature_algorithms()));
    free(groups);
    free(signatures);
    cJSON_Delete(root);
    secho_config_free(config);
}
END_TEST

START_TEST(the_effective_configuration_is_one_and_means_the_same)
{
    struct secho_config *config = parse("{" LISTENERS "}");
    char *first = config_print(config);
    struct secho_config *again = parse(first);

    ck_assert_msg(again != NULL, "%s", told);
    char *second = config_print(again);

    ck_assert_str_eq(first, second);
    free(first);
    free(second);
    secho_config_free(config);
    secho_config_free(again);
}
END_TEST

/* ---- units ---- */

static const struct {
    const char *text;
    int64_t value;
    const char *printed;
} durations[] = {{"0s", 0, "0s"},        {"0h", 0, "0s"},          {"1ms", 1, "1ms"},
                 {"1000ms", 1000, "1s"}, {"90s", 90000, "90s"},    {"60s", 60000, "1m"},
                 {"010s", 10000, "10s"}, {"24h", 86400000, "24h"}, {"1500ms", 1500, "1500ms"}},
  sizes[] = {{"0B", 0, "0B"},
             {"16B", 16, "16B"},
             {"1024B", 1024, "1KiB"},
             {"64KiB", 65536, "64KiB"},
             {"1MiB", 1048576, "1MiB"},
             {"1536MiB", 1610612736, "1536MiB"},
             {"2GiB", 2147483648, "2GiB"},
             {"8589934592GiB", INT64_MAX, "9223372036854775807B"}}; /* 2^63: too many */

START_TEST(a_duration_reads_and_prints)
{
    char text[UNITS_TEXT_SIZE];
    int64_t value = -1;

    ck_assert(units_read_duration(durations[_i].text, &value));
    ck_assert_int_eq(value, durations[_i].value);
    units_print_duration(value, text);
    ck_assert_str_eq(text, durations[_i].printed);
}
END_TEST

START_TEST(a_size_reads_and_prints)
{
    char text[UNITS_TEXT_SIZE];
    int64_t value = -1;

    ck_assert(units_read_size(sizes[_i].text, &value));
    ck_assert_int_eq(value, sizes[_i].value);
    units_print_size(value, text);
    ck_assert_str_eq(text, sizes[_i].printed);
}
END_TEST

/* ---- the table and the examples ---- */

START_TEST(every_key_is_in_the_table_once_and_is_explained)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];

        ck_assert_msg(config_key_find(key->section, key->name) == key, "%s twice", key->name);
        ck_assert_msg(key->what[strlen(key->what) - 1] == '.' || strstr(key->what, "...") != NULL,
                      "%s: no sentence", key->name);
        ck_assert_int_le(key->low, key->standard != 0 ? key->standard : key->low);
    }
}
END_TEST

static void check_example(const char *path)
{
    struct secho_config *config = NULL;

    told[0] = '\0';
    ck_assert_msg(secho_config_load(path, tell, told, &config) == 0, "%s", told);
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_tls *tls = &config->listeners[i].tls;

        for (size_t n = 0; n < tls->certificate_count; n++) {
            const char *chain = tls->certificates[n].chain, *key = tls->certificates[n].key;

            ck_assert_msg(strncmp(chain, "config/../certs/", 16) == 0, "%s: %s", path, chain);
            ck_assert_msg(strncmp(key, "config/../certs/", 16) == 0, "%s: %s", path, key);
            ck_assert_msg(strstr(chain + 9, "..") == NULL || strstr(chain + 10, "..") == NULL,
                          "%s: %s", path, chain);
        }
    }
    secho_config_free(config);
}

START_TEST(every_example_is_right_and_stays_in_its_folders)
{
    DIR *folder = opendir("config");
    const struct dirent *entry;
    size_t count = 0;

    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        const char *dot = strchr(entry->d_name, '.');
        char path[PATH_MAX];

        if (dot == NULL || dot == entry->d_name || strcmp(dot, ".json") != 0) {
            continue; /* secho.schema.json is none */
        }
        (void)snprintf(path, sizeof path, "config/%s", entry->d_name);
        check_example(path);
        count++;
    }
    (void)closedir(folder);
    ck_assert_uint_ge(count, 3);
}
END_TEST

START_TEST(the_full_example_has_every_key_that_this_version_serves)
{
    char text[8192] = "";
    FILE *file = fopen("config/full.json", "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    (void)fclose(file);
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        char quoted[64];
        bool only_later = key->section == SECTION_CLIENT_AUTH ||
                          key->inner == SECTION_CLIENT_AUTH || key->inner == SECTION_TICKETS ||
                          key->inner == SECTION_ALLOW;

        (void)snprintf(quoted, sizeof quoted, "\"%s\":", key->name);
        ck_assert_msg(key->service == LATER || only_later || strstr(text, quoted) != NULL,
                      "%s is missing", quoted);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, it_tells_what_is_wrong_where_and_what_to_do, 0, COUNT(refused));
    tcase_add_loop_test(tests, it_accepts_what_is_right, 0, COUNT(accepted));
    tcase_add_test(tests, keys_that_are_absent_have_their_defaults);
    tcase_add_test(tests, values_arrive_in_their_fields);
    tcase_add_loop_test(tests, relative_paths_are_relative_to_the_folder_of_the_file, 0,
                        COUNT(paths));
    tcase_add_test(tests, auto_never_makes_more_threads_than_the_limit);
    tcase_add_test(tests, of_more_problems_than_the_limit_the_number_is_told);
    tcase_add_test(tests, the_name_of_the_file_cannot_forge_a_line);
    tcase_add_test(tests, nobody_needs_to_listen);
    tcase_add_test(tests, a_file_that_cannot_be_read_is_told_with_its_path);
    tcase_add_test(tests, the_effective_configuration_has_every_value);
    tcase_add_test(tests, the_effective_groups_and_signatures_are_never_empty);
    tcase_add_test(tests, the_effective_configuration_is_one_and_means_the_same);
    tcase_add_loop_test(tests, a_duration_reads_and_prints, 0, COUNT(durations));
    tcase_add_loop_test(tests, a_size_reads_and_prints, 0, COUNT(sizes));
    tcase_add_test(tests, every_key_is_in_the_table_once_and_is_explained);
    tcase_add_test(tests, every_example_is_right_and_stays_in_its_folders);
    tcase_add_test(tests, the_full_example_has_every_key_that_this_version_serves);
}

int main(void)
{
    return suite_run("config", add_tests, NULL, NULL);
}
