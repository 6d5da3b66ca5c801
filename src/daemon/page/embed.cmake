# Makes one page of status.html, status.css and status.js, as C: its bytes, and the policy that allows
# exactly this style and this script (their hashes, https://www.w3.org/TR/CSP3/#match-element-to-source-list).
#
#   cmake -D FROM=FOLDER -D TO=FILE.c -P embed.cmake

set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

# The SHA-256 of a text in base64: 32 bytes are ten times three, and two.
function(hash_of text out)
    string(SHA256 hex "${text}")
    set(hash "")
    foreach(at RANGE 0 60 6)
        string(SUBSTRING "${hex}0000" ${at} 6 three)
        foreach(shift 18 12 6 0)
            math(EXPR sextet "(0x${three} >> ${shift}) & 63")
            string(SUBSTRING "${alphabet}" ${sextet} 1 letter)
            string(APPEND hash "${letter}")
        endforeach()
    endforeach()
    string(SUBSTRING "${hash}" 0 43 hash)
    set(${out} "'sha256-${hash}='" PARENT_SCOPE)
endfunction()

# Puts `text` in place of what must be there.
function(put_in place text)
    string(FIND "${page}" "${place}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "status.html has no ${place}")
    endif()
    string(REPLACE "${place}" "${text}" changed "${page}")
    set(page "${changed}" PARENT_SCOPE)
endfunction()

file(READ ${FROM}/status.html page)
file(READ ${FROM}/status.css style)
file(READ ${FROM}/status.js script)
hash_of("${style}" style_hash)
hash_of("${script}" script_hash)
put_in("<link rel=\"stylesheet\" href=\"status.css\">" "<style>${style}</style>")
put_in("<script src=\"status.js\"></script>" "<script>${script}</script>")

file(WRITE ${TO}.html "${page}")
file(READ ${TO}.html bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${TO}.new "/* Made by src/daemon/page/embed.cmake. */
#include \"daemon/page.h\"

const char page_policy[] =
    \"default-src 'none'; script-src ${script_hash}; style-src ${style_hash}; \"
    \"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \"
    \"frame-ancestors 'none'; require-trusted-types-for 'script'\";

const unsigned char page_bytes[] = {
${bytes}
};

const size_t page_len = sizeof page_bytes;
")
file(RENAME ${TO}.new ${TO})
