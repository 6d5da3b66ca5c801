-- haproxy_echo.lua - an echo inside of HAProxy: one service for each size of message.
--
-- receive() waits until it has all that it was asked for, so the sizes are fixed:
-- SECHO_SIZES, bytes, separated by commas; the service for 64 is lua.echo64.
local function echo(size)
    return function(applet)
        while true do
            local data = applet:receive(size)
            if data == nil or #data == 0 then
                return
            end
            applet:send(data)
        end
    end
end

for size in os.getenv("SECHO_SIZES"):gmatch("%d+") do
    core.register_service("echo" .. size, "tcp", echo(tonumber(size)))
end
