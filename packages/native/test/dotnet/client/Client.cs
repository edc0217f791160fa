using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>
/// The client as a program that is written in another language calls it: a request is a list of texts, the name of an
/// operation before its arguments, and so is its answer, which begins with "ok" or with what went wrong. Bytes are hexadecimal.
/// </summary>
public static class Client
{
    static readonly Dictionary<string, Func<string[], string[]>> operations = new Dictionary<string, Func<string[], string[]>>
    {
        { "describe", _ => new[] { RuntimeInformation.FrameworkDescription } },
        { "properties", _ => MessageProperty.All.Select(property => property.Name).ToArray() },
        { "create", given => new[] { Queues.Create(ToProperties(given.Skip(1))) } },
        { "delete", given => Nothing(() => Mqrt.Check(Mqrt.MQDeleteQueue(given[1]))) },
        { "exists", given => new[] { Queues.Exists(given[1]) ? "yes" : "no" } },
        { "formatName", given => new[] { Queues.FormatName(given[1]) } },
        { "set", given => Nothing(() => Queues.Set(given[1], ToProperties(given.Skip(2)))) },
        { "get", given => Queues.Get(given[1], given.Skip(2).Select(uint.Parse).ToArray()).Select(ToHex).ToArray() },
        { "machine", given => Queues.Machine(given[1] == "" ? null : given[1], given.Skip(2).Select(uint.Parse).ToArray()).Select(ToHex).ToArray() },
        { "open", given => Keep(new Queue(given[1], uint.Parse(given[2]), uint.Parse(given[3]))) },
        { "close", given => Nothing(() => Take<Queue>(given[1]).Dispose()) },
        { "purge", given => Nothing(() => Find<Queue>(given[1]).Purge()) },
        { "send", given => new[] { ToHex(Find<Queue>(given[1]).Send(ToMessage(given.Skip(3)), ToTransaction(given[2]))) } },
        { "receive", given => ToTexts(Find<Queue>(given[1]).Receive(uint.Parse(given[2]), uint.Parse(given[3]), ToPointer(given[4]), ToTransaction(given[5]))) },
        { "lookup", given => ToTexts(Find<Queue>(given[1]).Lookup(ulong.Parse(given[2]), uint.Parse(given[3]), ToTransaction(given[4]))) },
        { "createCursor", given => new[] { Find<Queue>(given[1]).CreateCursor().ToString() } },
        { "closeCursor", given => Nothing(() => Mqrt.Check(Mqrt.MQCloseCursor(ToPointer(given[1])))) },
        { "beginReceive", given => Keep(new PendingReceive(Find<Queue>(given[1]).Handle, uint.Parse(given[2]), uint.Parse(given[3]), ToPointer(given[4]), given[5] == "callback")) },
        { "isPending", given => new[] { Find<PendingReceive>(given[1]).IsPending ? "yes" : "no" } },
        { "endReceive", given => ToTexts(Take<PendingReceive>(given[1]).End()) },
        { "begin", _ => Keep(new Transaction()) },
        { "commit", given => Nothing(() => Find<Transaction>(given[1]).Commit()) },
        { "abort", given => Nothing(() => Find<Transaction>(given[1]).Abort()) },
        { "release", given => new[] { Take<Transaction>(given[1]).Release().ToString() } },
        { "getSecurity", given => new[] { ToHex(Security.Get(given[1], uint.Parse(given[2]))) } },
        { "setSecurity", given => Nothing(() => Security.Set(given[1], uint.Parse(given[2]), ToBytes(given[3]))) },
        { "getContext", given => new[] { Security.GetContext(ToBytes(given[1])).ToString() } },
        { "freeContext", given => Nothing(() => Mqrt.MQFreeSecurityContext(ToPointer(given[1]))) },
    };

    static readonly Dictionary<string, object> kept = new Dictionary<string, object>();
    static int lastKey;

    static string[] Keep(object value)
    {
        var key = (++lastKey).ToString();
        kept[key] = value;
        return new[] { key };
    }

    static T Find<T>(string key) { return (T)kept[key]; }

    static T Take<T>(string key)
    {
        var value = Find<T>(key);
        kept.Remove(key);
        return value;
    }

    static string[] Nothing(Action action)
    {
        action();
        return new string[0];
    }

    static IntPtr ToPointer(string text) { return (IntPtr)long.Parse(text); }

    /// <summary>"" is none, "single" a transaction of one message, else the key of one that was begun.</summary>
    static IntPtr ToTransaction(string text)
    {
        return text == "" ? IntPtr.Zero : text == "single" ? Constants.SingleMessage : Find<Transaction>(text).Pointer;
    }

    static string ToHex(byte[] bytes) { return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant(); }

    static byte[] ToBytes(string hex)
    {
        var bytes = new byte[hex.Length / 2];
        for (var at = 0; at < bytes.Length; at++) bytes[at] = Convert.ToByte(hex.Substring(2 * at, 2), 16);
        return bytes;
    }

    /// <summary>Reads number, VARTYPE and bytes of each property.</summary>
    static IEnumerable<QueueProperty> ToProperties(IEnumerable<string> given)
    {
        var all = given.ToArray();
        for (var at = 0; at < all.Length; at += 3)
            yield return new QueueProperty { Id = uint.Parse(all[at]), Type = ushort.Parse(all[at + 1]), Value = ToBytes(all[at + 2]) };
    }

    /// <summary>Reads name and bytes of each property.</summary>
    static Message ToMessage(IEnumerable<string> given)
    {
        var all = given.ToArray();
        var message = new Message();
        for (var at = 0; at < all.Length; at += 2) message[all[at]] = ToBytes(all[at + 1]);
        return message;
    }

    static string[] ToTexts(Message message)
    {
        return message.SelectMany(pair => new[] { pair.Key, ToHex(pair.Value) }).ToArray();
    }

    static string[] Answer(string[] request)
    {
        try { return new[] { "ok" }.Concat(operations[request[0]](request)).ToArray(); }
        catch (MqrtException error) { return new[] { error.Message }; }
        catch (Exception error) { return new[] { error.ToString() }; }
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Call
    {
        public IntPtr Request;
        public int RequestLength;
        public int Room;
        public IntPtr Answer;
    }

    static byte[] answer = new byte[0];

    /// <summary>
    /// Carries out a request: UTF-8, with a NUL between its texts. Returns the length of the answer, which is written where
    /// there is room for it; else a call without a request asks for it again.
    /// </summary>
    public static int Run(IntPtr argument, int size)
    {
        var call = (Call)Marshal.PtrToStructure(argument, typeof(Call));
        if (call.RequestLength > 0)
        {
            var request = new byte[call.RequestLength];
            Marshal.Copy(call.Request, request, 0, request.Length);
            answer = Encoding.UTF8.GetBytes(string.Join("\0", Answer(Encoding.UTF8.GetString(request).Split('\0'))));
        }
        if (answer.Length <= call.Room) Marshal.Copy(answer, 0, call.Answer, answer.Length);
        return answer.Length;
    }
}
