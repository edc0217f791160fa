using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>The client in a process of its own: it does all by itself and prints a line for each promise.</summary>
static class Program
{
    const string QueuePath = ".\\private$\\client", Direct = "DIRECT=OS:" + QueuePath;

    static readonly byte[] on = { 1 };

    static byte[] Text(string text) { return Encoding.Unicode.GetBytes(text); }

    static Message Labelled(string label) { return new Message { { "LABEL", Text(label) } }; }

    static byte[] Body(int length) { return Enumerable.Range(0, length).Select(at => (byte)(at * 31 + (at >> 8))).ToArray(); }

    static void Equal<T>(T actual, T expected, string what)
    {
        if (!Equals(actual, expected)) throw new Exception(what + " is '" + actual + "' instead of '" + expected + "'");
    }

    static void Fails(uint status, Action action)
    {
        try { action(); }
        catch (MqrtException error) { Equal(error.Message, new MqrtException(status).Message, "the error"); return; }
        throw new Exception("it succeeded instead of failing with 0x" + status.ToString("X8"));
    }

    static void WithQueue(bool transactional, Action<Queue, Queue> use)
    {
        var formatName = Queues.Create(new[]
        {
            new QueueProperty { Id = 103, Type = VariantType.Text, Value = Text(QueuePath) },
            new QueueProperty { Id = 104, Type = VariantType.UI1, Value = on },
            new QueueProperty { Id = 113, Type = VariantType.UI1, Value = new[] { (byte)(transactional ? 1 : 0) } },
        });
        try
        {
            using (var send = new Queue(Direct, Constants.ToSend))
            using (var receive = new Queue(Direct, Constants.ToReceive)) use(send, receive);
        }
        finally { Mqrt.Check(Mqrt.MQDeleteQueue(formatName)); }
    }

    static Message Receive(Queue queue, IntPtr transaction = default(IntPtr))
    {
        return queue.Receive(0, Constants.Receive, IntPtr.Zero, transaction);
    }

    static void Properties()
    {
        Equal(Queues.Exists(QueuePath), false, "before it is created, whether it exists");
        WithQueue(true, (send, receive) =>
        {
            Equal(Queues.Exists(QueuePath), true, "after that");
            var formatName = Queues.FormatName(QueuePath);
            Queues.Set(formatName, new[] { new QueueProperty { Id = 108, Type = VariantType.Text, Value = Text("Größe") } });
            var read = Queues.Get(formatName, new uint[] { 108, 113 }).ToArray();
            Equal(Encoding.Unicode.GetString(read[0]), "Größe", "the label");
            Equal(read[1][0], 1, "transactional");
            var machine = Encoding.Unicode.GetString(Queues.Machine(null, new uint[] { 203 }).First());
            Equal(Queues.FormatName(machine + "\\private$\\client"), formatName, "the queue of the machine's name");
            Equal(Queues.FormatName(Environment.MachineName + "\\private$\\client"), formatName, "that of the computer's name");
        });
    }

    static void Bodies()
    {
        WithQueue(false, (send, receive) =>
        {
            foreach (var length in new[] { 0, 4, 5, 70000, 4000000 })
            {
                var message = Labelled("of " + length);
                message["BODY"] = Body(length);
                var id = send.Send(message, IntPtr.Zero);
                var received = Receive(receive);
                Equal(received.Text("LABEL"), "of " + length, "the label");
                Equal(received["BODY"].SequenceEqual(Body(length)), true, "a body of " + length);
                Equal(received["MSGID"].SequenceEqual(id), true, "the id");
            }
            using (var journal = new Queue(Direct + ";JOURNAL", Constants.ToReceive))
            {
                Equal(Receive(journal).Text("LABEL"), "of 0", "in the journal");
                journal.Purge();
                Fails(0xC00E001B, () => Receive(journal));
            }
        });
    }

    static void Browsing()
    {
        WithQueue(false, (send, receive) =>
        {
            foreach (var label in new[] { "one", "two", "three" }) send.Send(Labelled(label), IntPtr.Zero);
            var cursor = receive.CreateCursor();
            var first = receive.Receive(0, Constants.PeekCurrent, cursor, IntPtr.Zero);
            Equal(first.Text("LABEL"), "one", "under the cursor");
            Equal(receive.Receive(0, Constants.PeekNext, cursor, IntPtr.Zero).Text("LABEL"), "two", "next");
            Equal(receive.Lookup(first.LookupId, 0x40000021, IntPtr.Zero).Text("LABEL"), "two", "behind its lookup id");
            Fails(0xC00E001D, () => receive.Receive(0, Constants.PeekCurrent, cursor, IntPtr.Zero));
            Mqrt.Check(Mqrt.MQCloseCursor(cursor));
        });
    }

    static void ByTable()
    {
        WithQueue(true, (send, receive) =>
        {
            foreach (var commits in new[] { false, true })
            {
                var transaction = new Transaction();
                send.Send(Labelled("order"), transaction.Pointer);
                Fails(0xC00E001B, () => Receive(receive));
                if (commits) transaction.Commit();
                else transaction.Abort();
                Fails(0xC00E0051, transaction.Commit);
                Equal(transaction.Release(), 0u, "references");
            }
            var dropped = new Transaction();
            Receive(receive, dropped.Pointer);
            Equal(dropped.Release(), 0u, "references");
            Equal(Receive(receive).Number("ABORT_COUNT"), 1u, "aborts");
        });
    }

    static void ByCom()
    {
        WithQueue(true, (send, receive) =>
        {
            foreach (var commits in new[] { false, true })
            {
                ITransaction transaction;
                Mqrt.Check(Mqrt.MQBeginComTransaction(out transaction));
                using (var bag = Labelled("order").ToSend())
                    Mqrt.Check(Mqrt.MQSendInComTransaction(send.Handle, bag.Build(), transaction));
                Fails(0xC00E001B, () => Receive(receive));
                Mqrt.Check(commits ? transaction.Commit(0, 0, 0) : transaction.Abort(IntPtr.Zero, 0, 0));
                Equal(transaction.Commit(0, 0, 0), 0xC00E0051, "a second end");
                Equal(Marshal.ReleaseComObject(transaction), 0, "references");
            }
            Equal(Receive(receive).Text("LABEL"), "order", "the label");
            Fails(0xC00E001B, () => Receive(receive));
        });
    }

    static void Waiting(bool byCallback)
    {
        WithQueue(false, (send, receive) =>
        {
            foreach (var length in new[] { 3, 300000 })
            {
                var pending = new PendingReceive(receive.Handle, 30000, Constants.Receive, IntPtr.Zero, byCallback);
                Equal(pending.IsPending, true, "whether it waits");
                send.Send(new Message { { "BODY", Body(length) } }, IntPtr.Zero);
                Equal(pending.End()["BODY"].SequenceEqual(Body(length)), true, "a body of " + length);
            }
            Fails(0xC00E001B, () => new PendingReceive(receive.Handle, 1, Constants.Receive, IntPtr.Zero, byCallback).End());
            var closing = new Queue(Direct, Constants.ToReceive);
            var cancelled = new PendingReceive(closing.Handle, Constants.Infinite, Constants.Receive, IntPtr.Zero, byCallback);
            closing.Dispose();
            Fails(0xC00E0008, () => cancelled.End());
        });
    }

    static void Letters()
    {
        WithQueue(true, (send, receive) =>
        {
            var wanted = Labelled("order");
            wanted["JOURNAL"] = on;
            send.Send(wanted, IntPtr.Zero);
            using (var dead = new Queue("DIRECT=OS:.\\SYSTEM$;DEADLETTER", Constants.ToReceive))
            {
                Equal(Receive(dead).Number("CLASS"), 0x800Au, "the class");
                send.Send(wanted, IntPtr.Zero);
                dead.Purge();
                Fails(0xC00E001B, () => Receive(dead));
            }
        });
    }

    static void Secured()
    {
        WithQueue(false, (send, receive) =>
        {
            var formatName = Queues.FormatName(QueuePath);
            var owner = Security.Get(formatName, 1);
            // D:(A;;GA;;;WD)
            var list = new byte[] { 2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0x10, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
            var header = new byte[] { 1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0 };
            var descriptor = header.Concat(list).ToArray();
            Security.Set(formatName, 4, descriptor);
            Equal(Security.Get(formatName, 4).SequenceEqual(descriptor), true, "the list");
            Equal(Security.Get(formatName, 1).SequenceEqual(owner), true, "the owner");
            var context = Security.GetContext(new byte[0]);
            var signed = Labelled("signed");
            signed["SECURITY_CONTEXT"] = BitConverter.GetBytes((uint)context.ToInt64());
            signed["AUTH_LEVEL"] = BitConverter.GetBytes(1u);
            send.Send(signed, IntPtr.Zero);
            Mqrt.MQFreeSecurityContext(context);
            Equal(Receive(receive).Number("AUTHENTICATED"), 1u, "authenticated");
        });
    }

    static readonly Dictionary<string, Action> promises = new Dictionary<string, Action>
    {
        { "creates a queue, finds it by every name, and reads and sets its properties", Properties },
        { "sends and receives bodies of up to 4 MB, and finds them in the journal", Bodies },
        { "walks with a cursor, and finds messages by their lookup ids", Browsing },
        { "commits, aborts and drops transactions through their tables of functions", ByTable },
        { "waits, and is told by a callback", () => Waiting(true) },
        { "waits, and is told by an event", () => Waiting(false) },
        { "finds its dead letters, and purges them", Letters },
        { "sets parts of a security descriptor, and signs with a security context", Secured },
    };

    static int Main()
    {
        // A process under Wine has no console, whose encoding could be set.
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" });
        Console.WriteLine("# a client in " + RuntimeInformation.FrameworkDescription);
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows)) promises["commits and aborts transactions through COM"] = ByCom;
        var failed = 0;
        foreach (var promise in promises)
        {
            try
            {
                promise.Value();
                Console.WriteLine("ok - a client in .NET " + promise.Key);
            }
            catch (Exception error)
            {
                failed++;
                Console.WriteLine("not ok - a client in .NET " + promise.Key + "\n" + error);
            }
        }
        return failed;
    }
}
